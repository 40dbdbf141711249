/**
 * Is the text the canonical line of its value? Told from the tokens, without writing it again: every piece of
 * punctuation where it belongs and nothing between, members in order, strings and numbers in their one spelling.
 */
import { quote } from "./reading.ts";
import { OBJECT, STRING, type Tokens } from "./tokenizer.ts";

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

/** Neither escapes, nor control characters, nor surrogates: the text is what it says, and compares by its units. */
function isPlain(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const c = text.charCodeAt(i);
    if (c < 32 || c === 92 || (c >= 0xd800 && c < 0xe000)) return false;
  }
  return true;
}

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

/** First deviation, or undefined. */
export function findDeviation(json: Tokens): Deviation | undefined {
  const { text, list, count } = json;
  const punctuation = (at: number): Deviation => ({
    at,
    what: "white space, or punctuation that does not belong there",
  });
  /** Tokens whose children are still to come: kind, children and how many of them are left, last key of an object. */
  const kinds: number[] = [];
  const sizes: number[] = [];
  const left: number[] = [];
  const keys: string[] = [];
  let length = 0;
  for (let token = 0; token < count; token++) {
    const kind = list[token * 4]!;
    const size = list[token * 4 + 3]!;
    const start = list[token * 4 + 1]!;
    const end = list[token * 4 + 2]!;
    const from = kind === STRING ? start - 1 : start;
    while (left.at(-1) === 0) {
      kinds.pop();
      sizes.pop();
      left.pop();
      keys.pop();
    }
    const parent = kinds.length - 1;
    const parentKind = kinds[parent];
    const isKey = parentKind === OBJECT;
    // the bracket or a comma for keys and elements, the colon for values
    const before = from > 0 ? text.charCodeAt(from - 1) : 0;
    const expected =
      parent < 0 ? 0 : parentKind! >= STRING ? 58 : left[parent]! < sizes[parent]! ? 44 : isKey ? 123 : 91;
    if (before !== expected || (parent < 0 && token > 0)) return punctuation(from);
    if (kind >= STRING) {
      const plain = kind === STRING && isPlain(text, start, end);
      if (!plain) {
        const raw = text.slice(start, end);
        const what = kind === STRING ? stringFault(raw) : wordFault(raw);
        if (what) return { at: from, what };
      }
      if (isKey ? kind !== STRING || size !== 1 : size !== 0) return punctuation(from);
      if (isKey) {
        const key = plain ? text.slice(start, end) : meaningOf(text.slice(start, end));
        const order = keys[parent] === undefined ? 1 : compare(key, keys[parent]);
        if (order === 0) return { at: from, what: `the key ${quote(key)} is there twice` };
        if (order < 0) return { at: from, what: `the key ${quote(key)} comes after ${quote(keys[parent]!)}` };
        keys[parent] = key;
      }
      length += end - from + (kind === STRING ? 1 : 0) + size; // with the colon of a key
    } else {
      if (isKey) return punctuation(from);
      length += 2 + Math.max(0, size - 1);
    }
    if (parent >= 0) left[parent]!--;
    if (size > 0) {
      kinds.push(kind);
      sizes.push(size);
      left.push(size);
      keys.length = kinds.length;
    }
  }
  return length === text.length ? undefined : punctuation(text.length);
}

function stringFault(raw: string): string | undefined {
  if (ESCAPES.test(raw) && !LONE_SURROGATE.test(raw)) return undefined;
  return `the string ${quote(raw)} is escaped otherwise`;
}

function wordFault(raw: string): string | undefined {
  if (raw === "true" || raw === "false" || raw === "null" || isNumber(raw)) return undefined;
  return `${quote(raw)} is no number in canonical spelling`;
}
