/**
 * Is the text the canonical line of its value? Told from the tokens, without writing it again: every piece of
 * punctuation where it belongs and nothing between, members in order, strings and numbers in their one spelling.
 */
import { quote } from "./reading.ts";
import { OBJECT, PRIMITIVE, STRING, type Tokens } from "./tokenizer.ts";

/** Where the text leaves the canonical form, and how. */
export interface Deviation {
  readonly at: number;
  readonly what: string;
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

const ESCAPES = /^(?:[^\u0000-\u001f\\]|\\["\\bfnrt]|\\u00(?:0[0-7BEF]|1[0-9A-F]))*$/;
const LONE_SURROGATE = /[\ud800-\udfff]/u;

/** What makes a string more than its characters: escapes, control characters, surrogates. */
const NOT_PLAIN = /[\u0000-\u001f\\\ud800-\udfff]/;

/** The text that a string stands for. */
function meaningOf(raw: string): string {
  if (!raw.includes("\\")) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw;
  }
}

/** By code points, as UTF-8 bytes compare; UTF-16 units differ only where surrogates meet the units above them. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  if (i === length) return a.length - b.length;
  const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
  const isHigh = (unit: number): boolean => unit >= 0xd800 && unit < 0xe000;
  return isHigh(x) === isHigh(y) ? x - y : isHigh(x) ? 1 : -1;
}

/** Order of two stretches of a text without surrogates and escapes. */
function compareInside(text: string, a: number, aEnd: number, b: number, bEnd: number): number {
  const end = Math.min(aEnd - a, bEnd - b);
  for (let i = 0; i < end; i++) {
    const difference = text.charCodeAt(a + i) - text.charCodeAt(b + i);
    if (difference !== 0) return difference;
  }
  return aEnd - a - (bEnd - b);
}

/** First deviation, or undefined. */
export function findDeviation(json: Tokens): Deviation | undefined {
  const { text, list, count } = json;
  const punctuation = (at: number): Deviation => ({
    at,
    what: "white space, or punctuation that does not belong there",
  });
  const isPlain = !NOT_PLAIN.test(text);
  /** Tokens whose children are still to come: kind, children and how many of them are left, last key of an object. */
  const kinds: number[] = [];
  const sizes: number[] = [];
  const left: number[] = [];
  const keys: number[] = [];
  let top = -1;
  let length = 0;
  for (let token = 0; token < count; token++) {
    const at = token * 4;
    const kind = list[at]!;
    const start = list[at + 1]!;
    const end = list[at + 2]!;
    const size = list[at + 3]!;
    const from = kind === STRING ? start - 1 : start;
    while (top >= 0 && left[top] === 0) top--;
    const isKey = top >= 0 && kinds[top] === OBJECT;
    // the bracket or a comma for keys and elements, the colon for values
    const before = from > 0 ? text.charCodeAt(from - 1) : 0;
    const expected = top < 0 ? 0 : kinds[top]! >= STRING ? 58 : left[top]! < sizes[top]! ? 44 : isKey ? 123 : 91;
    if (before !== expected || (top < 0 && token > 0)) return punctuation(from);
    if (kind >= STRING) {
      if (kind === PRIMITIVE || !isPlain) {
        const raw = text.slice(start, end);
        const what = kind === STRING ? stringFault(raw) : wordFault(raw);
        if (what) return { at: from, what };
      }
      if (isKey ? kind !== STRING || size !== 1 : size !== 0) return punctuation(from);
      if (isKey) {
        const last = keys[top]!;
        const order = last < 0 ? 1 : compareKeys(json, at, last, isPlain);
        if (order <= 0) {
          const key = quote(text.slice(start, end));
          const what =
            order === 0 ? "is there twice" : `comes after ${quote(text.slice(list[last + 1], list[last + 2]))}`;
          return { at: from, what: `the key ${key} ${what}` };
        }
        keys[top] = at;
      }
      length += end - from + (kind === STRING ? 1 : 0) + size; // with the colon of a key
    } else {
      if (isKey) return punctuation(from);
      length += 2 + Math.max(0, size - 1);
    }
    if (top >= 0) left[top]!--;
    if (size > 0) {
      top++;
      kinds[top] = kind;
      sizes[top] = size;
      left[top] = size;
      keys[top] = -1;
    }
  }
  return length === text.length ? undefined : punctuation(text.length);
}

/** Order of two keys, by their offsets in the list. */
function compareKeys({ text, list }: Tokens, a: number, b: number, isPlain: boolean): number {
  const [aFrom, aTo, bFrom, bTo] = [list[a + 1]!, list[a + 2]!, list[b + 1]!, list[b + 2]!];
  if (isPlain) return compareInside(text, aFrom, aTo, bFrom, bTo);
  return compare(meaningOf(text.slice(aFrom, aTo)), meaningOf(text.slice(bFrom, bTo)));
}

function stringFault(raw: string): string | undefined {
  if (ESCAPES.test(raw) && !LONE_SURROGATE.test(raw)) return undefined;
  return `the string ${quote(raw)} is escaped otherwise`;
}

function wordFault(raw: string): string | undefined {
  if (raw === "true" || raw === "false" || raw === "null" || isNumber(raw)) return undefined;
  return `${quote(raw)} is no number in canonical spelling`;
}
