/**
 * The tokenizer of the device (jsmn, non-strict, without parent links), token for token: what it takes that is no JSON
 * (missing colons, bare words, text after the value) and what it refuses (a byte over 126 outside a string).
 * Facts measured on the real one; the code is our own. Never recurses.
 */

export const OBJECT = 1;
export const ARRAY = 2;
export const STRING = 3;
export const PRIMITIVE = 4;

/** A stretch of the state's text. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** One text as the device sees it. Strings lie without their quotes; escapes stay as they are. */
export interface Tokens extends Span {
  readonly text: string;
  /** Four numbers a token: kind, start, end (-1 while open), number of children. */
  readonly list: Int32Array;
  /** Where in `list` the first token is. */
  readonly base: number;
  readonly count: number;
  /** Size of the device's table (10, 20, 40 ...); the slots after `count` read as empty text. */
  readonly slots: number;
  /** Why the tokenizer gave up; the tokens before stay readable, and some code reads them. */
  readonly failed?: { readonly reason: string; readonly at: number };
}

/** Bounds of one reading; the device has none and would go on until its memory or its watchdog ends it. */
export interface TokenLimits {
  readonly maxTokens: number;
  readonly maxDepth: number;
}

/** Thrown when a bound is hit. */
export class BoundError extends Error {}

const isHex = (c: number): boolean => (c >= 48 && c <= 57) || (c >= 65 && c <= 70) || (c >= 97 && c <= 102);

/** Index of the closing quote, or -1 - index of what is wrong. */
function stringEnd(text: string, from: number, to: number): number {
  for (let i = from; i < to; i++) {
    const c = text.charCodeAt(i);
    if (c === 34) return i;
    if (c !== 92 || i + 1 >= to) continue;
    const escaped = text.charCodeAt(++i);
    if (escaped === 117) {
      for (let digit = 0; digit < 4 && i + 1 < to; digit++) if (!isHex(text.charCodeAt(++i))) return -1 - i;
    } else if (!'"/\\bfrnt'.includes(text[i]!)) return -1 - i;
  }
  return -1 - to;
}

/** Index after a bare word, or -1 - index of a byte that may not stand in one. */
function wordEnd(text: string, from: number, to: number): number {
  let i = from;
  for (; i < to; i++) {
    const c = text.charCodeAt(i);
    // : , ] } and white space end it
    if (c === 58 || c === 44 || c === 93 || c === 125 || c === 32 || c === 9 || c === 10 || c === 13) break;
    if (c < 32 || c >= 127) return -1 - i;
  }
  return i;
}

/** Size of the table that the device ends up with. */
export function slotsFor(count: number): number {
  let slots = 10;
  while (slots < count) slots *= 2;
  return slots;
}

/** Reads a stretch of text into tokens. */
export function tokenize(text: string, { from, to }: Span, limits: TokenLimits): Tokens {
  let list = new Int32Array(Math.min(Math.max(to - from, 8), 1 << 16));
  let length = 0;
  /** Offsets in `list` of the tokens that are open. */
  const open: number[] = [];
  /** Offset of the token that takes the next one as a child: not always an object or array. */
  let above = -4;
  let failed: Tokens["failed"];
  const add = (kind: number, start: number, end: number): void => {
    if (length >= limits.maxTokens * 4) throw new BoundError(`more than ${limits.maxTokens} tokens`);
    if (length + 4 > list.length) {
      const longer = new Int32Array(Math.max(list.length * 2, 64));
      longer.set(list);
      list = longer;
    }
    if (above >= 0) list[above + 3]!++;
    list[length] = kind;
    list[length + 1] = start;
    list[length + 2] = end;
    length += 4;
  };
  let i = from;
  reading: for (; i < to; i++) {
    const c = text.charCodeAt(i);
    switch (c) {
      case 123: // {
      case 91: // [
        add(c === 123 ? OBJECT : ARRAY, i, -1);
        above = length - 4;
        if (open.push(above) > limits.maxDepth) throw new BoundError(`nested more than ${limits.maxDepth} deep`);
        break;
      case 125: // }
      case 93: {
        const opened = open.pop();
        if (opened === undefined || list[opened] !== (c === 125 ? OBJECT : ARRAY)) {
          failed = { reason: `"${text[i]}" closes nothing`, at: i };
          break reading;
        }
        list[opened + 2] = i + 1;
        above = open.at(-1) ?? -4;
        break;
      }
      case 34: {
        const end = stringEnd(text, i + 1, to);
        if (end < 0) {
          failed = -1 - end >= to ? { reason: "a string has no end", at: i } : { reason: "bad escape", at: -1 - end };
          break reading;
        }
        add(STRING, i + 1, end);
        i = end;
        break;
      }
      case 32:
      case 9:
      case 10:
      case 13:
        break;
      case 58: // : what follows is a child of the last token, whatever that is
        above = length - 4;
        break;
      case 44: // ,
        if (above >= 0 && list[above]! >= STRING) above = open.at(-1) ?? above;
        break;
      default: {
        const end = wordEnd(text, i, to);
        if (end < 0) {
          failed = { reason: "a byte outside strings that is not printable ASCII", at: -1 - end };
          break reading;
        }
        add(PRIMITIVE, i, end);
        i = end - 1;
      }
    }
  }
  if (!failed && open.length > 0) failed = { reason: "an object or array has no end", at: list[open.at(-1)! + 1]! };
  const count = length / 4;
  return { text, from, to, list, base: 0, count, slots: slotsFor(count), ...(failed && { failed }) };
}
