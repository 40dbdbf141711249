/**
 * How the device looks things up in a tokenized text: at every depth, keys and values alike, in text order.
 * A token is named by its index; an index at or after `count` is an empty slot of the device's table.
 */
import { type ARRAY, OBJECT, PRIMITIVE, type Span, STRING, type Tokens } from "./tokenizer.ts";

export const kindOf = (json: Tokens, token: number): number => (token < json.count ? json.list[token * 4]! : 0);

export function spanOf(json: Tokens, token: number): Span {
  return token < json.count ? { from: json.list[token * 4 + 1]!, to: json.list[token * 4 + 2]! } : { from: 0, to: 0 };
}

/** Raw text; an object or array whole, a string without its quotes. */
export function rawOf(json: Tokens, token: number): string {
  const { from, to } = spanOf(json, token);
  return to < from ? "" : json.text.slice(from, to);
}

/** Number of children, or -1 when the token is not of that kind. */
export function sizeOf(json: Tokens, token: number, kind: typeof OBJECT | typeof ARRAY): number {
  return kindOf(json, token) === kind ? json.list[token * 4 + 3]! : -1;
}

/** Is the token the string `text`, character for character? */
export function isText(json: Tokens, token: number, text: string): boolean {
  const at = token * 4;
  const from = json.list[at + 1]!;
  return json.list[at] === STRING && json.list[at + 2]! - from === text.length && json.text.startsWith(text, from);
}

/** Does the raw text of the token begin like that? */
export function begins(json: Tokens, token: number, text: string): boolean {
  const { from, to } = spanOf(json, token);
  return to - from >= text.length && json.text.startsWith(text, from);
}

/** Token after a token and all its descendants. */
function after(json: Tokens, token: number): number {
  let next = token;
  for (let due = 1; due > 0 && next < json.count; next++) due += json.list[next * 4 + 3]! - 1;
  return next;
}

/** Direct children: the keys of an object, the elements of an array. */
export function childrenOf(json: Tokens, token: number): number[] {
  const found: number[] = [];
  if (token >= json.count) return found;
  let next = token + 1;
  for (let left = json.list[token * 4 + 3]!; left > 0 && next < json.count; left--) {
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
  for (let left = json.list[3]!; left > 0 && token < json.count; left--) {
    if (isText(json, token, key)) return token + 1;
    token = after(json, token);
  }
  return undefined;
}
