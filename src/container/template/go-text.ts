/**
 * Text as pvr's Go program writes it: `fmt` verbs, encoding/json and its indented form. Only the exact template needs
 * it; a document of ours is written by `canonicalJson`.
 */
import type { JsonObject, JsonValue } from "../../core/index.ts";
import { compareBytes, utf8 } from "../../core/internal.ts";
import { exactNumber } from "../../state/internal.ts";

/** What text/template prints for a value that is not there. */
const NO_VALUE = "<no value>";

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** Members that are there, by the bytes of their names: Go prints maps sorted. */
export function sortedMembers(object: JsonObject): [string, JsonValue][] {
  const members = Object.entries(object).filter((member): member is [string, JsonValue] => member[1] !== undefined);
  const keyed = members.map((member) => ({ member, bytes: utf8(member[0]) }));
  return keyed.sort((a, b) => compareBytes(a.bytes, b.bytes)).map(({ member }) => member);
}

/** True for an object that is no array. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True for an array; narrows where `Array.isArray` does not (readonly arrays). */
export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** The members of an object or the items of an array, each with its key. */
function children(value: JsonObject | readonly JsonValue[]): [string | number, JsonValue][] {
  return isList(value) ? [...value.entries()] : sortedMembers(value);
}

function numberText(value: number, parent: object, key: string | number): string {
  return exactNumber(parent, key) ?? String(value);
}

/** `fmt.Sprint` of a decoded JSON value; numbers as their text, a nil at the top as text/template prints it. */
export function goText(parent: JsonObject | readonly JsonValue[], key: string | number): string {
  const value = (parent as Readonly<Record<string | number, JsonValue | undefined>>)[key];
  if (value === null || value === undefined) return NO_VALUE;
  return printed(value, parent, key);
}

function printed(value: JsonValue, parent: object, key: string | number): string {
  if (value === null) return "<nil>";
  if (typeof value === "number") return numberText(value, parent, key);
  if (typeof value !== "object") return String(value);
  const parts = children(value).map(([name, child]) => {
    const text = printed(child, value, name);
    return isList(value) ? text : `${name}:${text}`;
  });
  return isList(value) ? `[${parts.join(" ")}]` : `map[${parts.join(" ")}]`;
}

/** A string as encoding/json writes it: HTML characters and line separators escaped, half surrogates replaced. */
export function goString(text: string): string {
  const safe = text.replace(/\p{Surrogate}/gu, "\ufffd").replace(/["\\<>&\u0000-\u001f\u2028\u2029]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(4, "0");
    return shortEscapes[character] ?? `\\u${code}`;
  });
  return `"${safe}"`;
}

/** `json.Marshal`. */
export function goJson(value: JsonValue, parent: object = {}, key: string | number = ""): string {
  return encode(value, parent, key, "", undefined);
}

/** `json.MarshalIndent(value, prefix, indent)`: the first line has no prefix, an empty array or object no lines. */
export function goIndentedJson(value: JsonValue, prefix: string, indent: string): string {
  return encode(value, {}, "", `\n${prefix}`, indent);
}

function encode(
  value: JsonValue,
  parent: object,
  key: string | number,
  newline: string,
  indent: string | undefined,
): string {
  if (typeof value === "number") return numberText(value, parent, key);
  if (typeof value === "string") return goString(value);
  if (value === null || typeof value === "boolean") return String(value);
  const [open, close] = isList(value) ? "[]" : "{}";
  const inner = indent === undefined ? "" : newline + indent;
  const colon = indent === undefined ? ":" : ": ";
  const parts = children(value).map(([name, child]) => {
    const text = encode(child, value, name, inner, indent);
    return inner + (isList(value) ? text : `${goString(String(name))}${colon}${text}`);
  });
  if (parts.length === 0) return `${open}${close}`;
  return `${open}${parts.join(",")}${indent === undefined ? "" : newline}${close}`;
}

/** `%q` for what appears in file names: printable text stays, the rest is escaped as in a Go string literal. */
export function goQuoted(text: string): string {
  let out = "";
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (character === '"' || character === "\\") out += `\\${character}`;
    else if (character in controls) out += controls[character];
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, "0")}`;
    else if (code > 0x7f && !/[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(character))
      out += code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
    else out += character;
  }
  return `"${out}"`;
}

const controls: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\u000b": "\\v",
};
