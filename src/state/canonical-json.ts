import type { JsonValue } from "../core/index.ts";
import { readJson } from "./json/reader.ts";
import { writeJson } from "./json/writer.ts";

/**
 * The canonical text of a document, the form that pvr writes, devices hash and signatures cover: keys by code point,
 * no white space, no final newline, numbers by their exact decimal value (`1.50` is `1.5E0`, `1e3` is `1000`).
 *
 * Bytes are read as JSON text first; decimals stay exact to the last digit, as they do in any value that came from
 * {@link parseState} or {@link parseJson}. A string is a JSON string, not a text to be read. Members that are
 * `undefined` are left out.
 *
 * Format: canonicaljson-go 1.0.3, as pvr uses it (`libpvr/utils.go`).
 *
 * @throws `PvError` `STATE_INVALID` when bytes are no JSON (data after the value included), nest deeper than
 * 10,000 levels or exceed 64 MiB, when a number's exponent spells out to more than 100,000 zeros, or when a value is
 * no JSON (`NaN`, a function, a `Date`).
 * @example
 * ```ts
 * import { canonicalJson } from "@pv/sdk";
 * const text = canonicalJson(new TextEncoder().encode('{"b": 0.50, "a": 12345678901234567890}'));
 * if (text !== '{"a":12345678901234567890,"b":5.0E-1}') throw new Error(text);
 * ```
 */
export function canonicalJson(value: JsonValue | Uint8Array): string {
  if (!(value instanceof Uint8Array)) return writeJson(value);
  const read = readJson(value);
  return read.exact ?? writeJson(read.value);
}
