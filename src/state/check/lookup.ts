/**
 * How the device looks things up in a tokenized text: at every depth, keys and values alike, in text order.
 * A token is named by its index; an index at or after `count` is an empty slot of the device's table.
 */
import { ARRAY, OBJECT, PRIMITIVE, STRING, slotsFor, type Tokens } from "./tokenizer.ts";

/** One of the four numbers of a token; 0 in an empty slot. */
const numberOf = (json: Tokens, token: number, which: number): number =>
  token < json.count ? json.list[(json.base + token) * 4 + which]! : 0;

export const kindOf = (json: Tokens, token: number): number => numberOf(json, token, 0);
export const startOf = (json: Tokens, token: number): number => numberOf(json, token, 1);
/** -1 for a bracket that never closes. */
export const endOf = (json: Tokens, token: number): number => numberOf(json, token, 2);

/** Raw text; an object or array whole, a string without its quotes. */
export function rawOf(json: Tokens, token: number): string {
  return json.text.slice(startOf(json, token), Math.max(0, endOf(json, token)));
}

/** The whole stretch that was read. */
export const textOf = (json: Tokens): string => json.text.slice(json.from, json.to);

/** Number of children, or -1 when the token is not of that kind. */
export function sizeOf(json: Tokens, token: number, kind: typeof OBJECT | typeof ARRAY): number {
  return kindOf(json, token) === kind ? numberOf(json, token, 3) : -1;
}

/** Is the token the string `text`, character for character? */
export function isText(json: Tokens, token: number, text: string): boolean {
  const { list } = json;
  const at = (json.base + token) * 4;
  const from = list[at + 1]!;
  return list[at + 2]! - from === text.length && list[at] === STRING && json.text.startsWith(text, from);
}

/** Token after a token and all its descendants. */
function after(json: Tokens, token: number): number {
  let next = token;
  for (let due = 1; due > 0 && next < json.count; next++) due += numberOf(json, next, 3) - 1;
  return next;
}

/** Direct children: the keys of an object, the elements of an array. */
export function childrenOf(json: Tokens, token: number): number[] {
  const found: number[] = [];
  let next = token + 1;
  for (let left = numberOf(json, token, 3); left > 0 && next < json.count; left--) {
    found.push(next);
    next = after(json, next);
  }
  return found;
}

/** The token that the device takes for the value of `key`, wherever it stands; undefined: missing. */
export function find(json: Tokens, key: string): number | undefined {
  let found = false;
  for (let token = 0; token < json.count; token++) {
    if (isText(json, token, key)) found = true;
    else if (found) return token;
  }
  // the key is the last token: the next slot is empty text, unless the table has none
  return found && json.count < json.slots ? json.count : undefined;
}

/** Raw text of what `find` finds. */
export function findRaw(json: Tokens, key: string): string | undefined {
  const token = find(json, key);
  return token === undefined ? undefined : rawOf(json, token);
}

/** The token an integer is read from: the next bare word after the key, over any string in between. */
export function findNumber(json: Tokens, key: string): number | undefined {
  let found = false;
  for (let token = 0; token < json.count; token++) {
    if (isText(json, token, key)) found = true;
    else if (found && kindOf(json, token) === PRIMITIVE) return token;
  }
  return undefined;
}

/** The value of a direct member of an object: what everybody but the device reads. */
export function memberOf(json: Tokens, key: string): number | undefined {
  if (kindOf(json, 0) !== OBJECT) return undefined;
  let token = 1;
  for (let left = numberOf(json, 0, 3); left > 0 && token < json.count; left--) {
    if (isText(json, token, key)) return token + 1;
    token = after(json, token);
  }
  return undefined;
}

/**
 * The tokens of an object or array without reading it again: a device reads values a second time, and finds the same
 * tokens. Undefined where it may not: for other values, and where a token behind the value was made its child.
 */
export function within(json: Tokens, token: number): Tokens | undefined {
  const kind = kindOf(json, token);
  if (kind !== OBJECT && kind !== ARRAY) return undefined;
  const end = after(json, token);
  const to = endOf(json, token);
  if (startOf(json, end - 1) >= to) return undefined;
  const count = end - token;
  const { text, list, base } = json;
  return { text, from: startOf(json, token), to, list, base: base + token, count, slots: slotsFor(count) };
}
