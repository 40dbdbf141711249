/** Mutations of a state's text: what a tokenizer stumbles over, or does not. */
import type { TextMutation } from "./mutation.ts";
import type { Dice } from "./sound.ts";

/** A place where `what` stands; -1 when it does not. */
function placeOf(d: Dice, text: string, what: string): number {
  const places = text.split(what).length - 1;
  if (places === 0) return -1;
  let at = -1;
  for (let skip = d.int(places); skip >= 0; skip--) at = text.indexOf(what, at + 1);
  return at;
}

const swap =
  (what: string, by: string): TextMutation =>
  (d) =>
  (text) => {
    const at = placeOf(d, text, what);
    return at < 0 ? text : text.slice(0, at) + by + text.slice(at + what.length);
  };
const WORDS = [
  '"device.json"',
  '"groups.json":[]',
  "words",
  "5",
  '{"x":1}',
  '"bsp/run.json"',
  '"#spec"',
  "}",
  "]",
  "é",
];
const NOISE = ["{", "}", "[", "]", '"', ":", ",", "\\", "x", " ", "\n", "\u007f", "\u0001", "é", '""', "0", "{}", "[]"];

export const textMutations: Record<string, TextMutation> = {
  noise: (d) => (text) => {
    const at = d.int(text.length);
    return text.slice(0, at) + d.pick(NOISE) + text.slice(at + d.int(2));
  },
  cut: (d) => (text) => text.slice(0, d.chance(50) ? text.length - 1 : d.int(text.length)),
  noColon: swap('":', '" '),
  noComma: swap(",", " "),
  twoCommas: swap(",", ",,"),
  lastComma: swap("}", ",}"),
  wrongBracket: swap("}", "]"),
  noQuote: swap('"', ""),
  singleQuotes: swap('"', "'"),
  pair: swap(",", ',"more":"x",'),
  keyOnly: swap(",", ',"only",'),
  tail: (d) => (text) => `${text}${d.pick(["", " ", ","])}${d.pick(WORDS)}`,
  head: (d) => (text) => d.pick(["x ", "\ufeff", "[", '"#spec":', " \n"]) + text,
  wrapped: () => (text) => `[${text}]`,
  nul: (d) => (text) => {
    const at = d.chance(50) ? text.length : d.int(text.length);
    return `${text.slice(0, at)}\0${text.slice(at)}`;
  },
  style: (d) => (text) => {
    const blank = d.pick([" ", "\n", "\t", "\r\n"]);
    return text.replaceAll(/[:,{]/g, (sign) => sign + blank);
  },
  escape: (d) => (text) =>
    swapFirst(
      d,
      text,
      /\w\.json|lxc|app|name|STARTED/g,
      (word) => `\\u00${word.charCodeAt(0).toString(16)}${word.slice(1)}`,
    ),
  escapeSlash: swap("/", "\\/"),
  badEscape: swap("a", "\\a"),
  shortEscape: swap("a", "\\u61"),
  escapedKey: swap('"root', '"\\\\root'),
  surrogate: swap("a", "\\ud800"),
  nonAscii: (d) => (text) => swapFirst(d, text, /[a-z]{3}/g, () => "é"),
  unquoted: (d) => (text) => swapFirst(d, text, /"[\w-]+"/g, (word) => word.slice(1, -1)),
  repeatedKey: (d) => (text) => {
    const pair = /"[\w/.-]+":(?:"[^"]*"|\{[^{}]*\})/g;
    const pairs = text.match(pair);
    return pairs ? `${text.slice(0, -1)},${d.pick(pairs)}}` : text;
  },
  repeatedInside: (d) => (text) => swapFirst(d, text, /"name":"[^"]*"/g, (pair) => `${pair},"name":"twice"`),
  shuffled: (_d, draft) => {
    draft.pairs.reverse();
    return undefined;
  },
  rotated: (d, draft) => {
    draft.pairs.push(...draft.pairs.splice(0, d.int(draft.pairs.length)));
    return undefined;
  },
  trailingNewline: () => (text) => `${text}\n`,
  bigNumber: swap(":5", ":5e3"),
};

function swapFirst(d: Dice, text: string, what: RegExp, by: (word: string) => string): string {
  const found = [...text.matchAll(what)];
  if (found.length === 0) return text;
  const { index, 0: word } = d.pick(found);
  return text.slice(0, index) + by(word) + text.slice(index + word.length);
}
