import type { JsonValue } from "../core/index.ts";
import { readJson } from "./json/reader.ts";

/**
 * JSON text as plain, frozen JSON, without loss: numbers that a double cannot hold keep their digits beside it, so
 * {@link canonicalJson} of the value, or of any part of it, is exact. (A bare number as the whole text has nothing to
 * keep them beside: use `canonicalJson(bytes)` for that.) Reads as pvr does: the last duplicate of a key wins, broken
 * UTF-8 becomes U+FFFD byte by byte; unlike pvr, nothing may follow the value.
 *
 * @throws `PvError` `STATE_INVALID` when the text is no JSON, nests deeper than 10,000 levels, exceeds 64 MiB or
 * 4 million values, or spells a number with an absurd exponent.
 * @example
 * ```ts
 * import { canonicalJson, parseJson } from "@pv/sdk/state";
 * const value = parseJson('{"serial": 9007199254740993}');
 * if (canonicalJson(value) !== '{"serial":9007199254740993}') throw new Error("rounded");
 * ```
 */
export function parseJson(text: string | Uint8Array): JsonValue {
  return readJson(text).value;
}
