/**
 * Is the text the canonical line of its value? Told from the tokens, without writing it again: every piece of
 * punctuation where it belongs and nothing between, members in order, strings and numbers in their one spelling.
 */
import { rawOf } from "./lookup.ts";
import { quote } from "./reading.ts";
import { ARRAY, OBJECT, STRING, type Tokens } from "./tokenizer.ts";

/** Where the text leaves the canonical form, and how. */
export interface Deviation {
  readonly at: number;
  readonly what: string;
}

/** By code points, as UTF-8 bytes compare; UTF-16 units differ only where surrogates meet the units above them. */
function isBefore(a: string, b: string): boolean {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const isHigh = (unit: number): boolean => unit >= 0xd800 && unit < 0xe000;
    return isHigh(x) === isHigh(y) ? x < y : isHigh(y);
  }
  return a.length < b.length;
}

const INTEGER = /^(0|-?[1-9]\d*)$/;
const FRACTION = /^-?[1-9]\.(\d*[1-9]|0)E(0|-?[1-9]\d*)$/;

function isNumber(raw: string): boolean {
  if (INTEGER.test(raw)) return true;
  const match = FRACTION.exec(raw);
  if (!match) return false;
  const decimals = match[1] === "0" ? 0 : match[1]!.length;
  return Number(match[2]) < decimals;
}

const PLAIN = /^[^\u0000-\u001f\\\ud800-\udfff]*$/;
const ESCAPES = /^(?:[^\u0000-\u001f\\]|\\["\\bfnrt]|\\u00(?:0[0-7BEF]|1[0-9A-F]))*$/;

/** What stands right before a token: the opening bracket or a comma for the first two, a colon for a value. */
const BEFORE = { element: ["[", ","], key: ["{", ","], value: [":", ":"] } as const;

/** First deviation, or undefined. */
export function findDeviation(json: Tokens): Deviation | undefined {
  const { text, list, count } = json;
  const punctuation = { at: 0, what: "white space, or punctuation that does not belong there" };
  /** Tokens whose children are still to come, how many of them, and for objects the last key. */
  const parents: { kind: number; left: number; first: boolean; last?: string }[] = [];
  let length = 0;
  for (let token = 0; token < count; token++) {
    const kind = list[token * 4]!;
    const size = list[token * 4 + 3]!;
    const quotes = kind === STRING ? 1 : 0;
    const from = list[token * 4 + 1]! - quotes;
    while (parents.at(-1)?.left === 0) parents.pop();
    const parent = parents.at(-1);
    const place = parent?.kind === OBJECT ? "key" : parent?.kind === ARRAY ? "element" : "value";
    if (parent ? text[from - 1] !== BEFORE[place][parent.first ? 0 : 1] : from > 0) return { ...punctuation, at: from };
    if (kind >= STRING) {
      const raw = rawOf(json, token);
      const what = kind === STRING ? stringFault(raw) : wordFault(raw);
      if (what) return { at: from, what };
      if (place === "key") {
        const name = unescaped(raw);
        const last = parent!.last;
        if (last !== undefined && !isBefore(last, name)) {
          return {
            at: from,
            what: `the key ${quote(name)} ${last === name ? "is there twice" : `comes after ${quote(last)}`}`,
          };
        }
        parent!.last = name;
      }
      length += raw.length + 2 * quotes;
      if (size > 0) length++; // the colon
    } else length += 2;
    if (kind < STRING && size > 1) length += size - 1;
    if (kind >= STRING ? size !== (place === "key" && kind === STRING ? 1 : 0) : place === "key")
      return { ...punctuation, at: from };
    if (parent) {
      parent.left--;
      parent.first = false;
    }
    if (size > 0) parents.push({ kind, left: size, first: true });
  }
  return length === text.length ? undefined : { ...punctuation, at: text.length };
}

function stringFault(raw: string): string | undefined {
  if (PLAIN.test(raw) || (ESCAPES.test(raw) && isWellFormed(raw))) return undefined;
  return `the string ${quote(raw)} is escaped otherwise`;
}

function wordFault(raw: string): string | undefined {
  if (raw === "true" || raw === "false" || raw === "null" || isNumber(raw)) return undefined;
  return `${quote(raw)} is no number in canonical spelling`;
}

const isWellFormed = (text: string): boolean => !/[\ud800-\udfff]/u.test(text);

function unescaped(raw: string): string {
  if (!raw.includes("\\")) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw;
  }
}
