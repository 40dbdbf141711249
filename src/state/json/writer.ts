import type { JsonObject, JsonValue } from "../../core/index.ts";
import { wellFormed } from "./decode.ts";
import { jsonError, MAX_DEPTH, MAX_OUTPUT_LENGTH } from "./errors.ts";
import { exactNumbers } from "./exact-numbers.ts";
import { canonicalDouble } from "./number.ts";

const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\f": "\\f",
  "\r": "\\r",
};

const escapeCharacter = (character: string): string =>
  short[character] ??
  (character < " " ? `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}` : "\ufffd");

/** A string in canonical form: only quotes, backslashes and control characters are escaped, with upper-case hex. */
export function quote(text: string): string {
  return /[\u0000-\u001f"\\\ud800-\udfff]/.test(text)
    ? `"${text.replace(/[\u0000-\u001f"\\]|\p{Surrogate}/gu, escapeCharacter)}"`
    : `"${text}"`;
}

/** By code point, which is the order of the UTF-8 bytes; UTF-16 order differs above U+D7FF. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left === right) continue;
    const leftHigh = left >= 0xd800 && left <= 0xdfff;
    const rightHigh = right >= 0xd800 && right <= 0xdfff;
    return leftHigh === rightHigh ? left - right : leftHigh ? 1 : -1;
  }
  return a.length - b.length;
}

/** The keys of a document in canonical order. */
export function sortedKeys(keys: string[]): string[] {
  const plain = keys.every((key) => !/[\ud800-\uffff]/.test(key));
  return plain ? keys.sort() : keys.sort(compareCodePoints);
}

/** An object or array being written. */
interface Level {
  value: JsonObject | readonly JsonValue[];
  keys: readonly string[] | undefined;
  exact: ReadonlyMap<string | number, string> | undefined;
  next: number;
  first: boolean;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as unknown;
  // A plain object of another realm (a frame, a test runner's context) has a foreign Object.prototype.
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

function levelOf(value: JsonObject | readonly JsonValue[]): Level {
  const exact = exactNumbers(value);
  if (Array.isArray(value)) return { value, keys: undefined, exact, next: 0, first: true };
  const keys = Object.keys(value);
  const odd = keys.some((key) => /[\ud800-\udfff]/.test(key) && wellFormed(key) !== key);
  if (!odd) return { value, keys: sortedKeys(keys), exact, next: 0, first: true };
  // Two keys may become one: the last wins, as it does when such a text is read.
  const clean = new Map(keys.map((key) => [wellFormed(key), (value as JsonObject)[key]]));
  return {
    value: Object.fromEntries(clean) as JsonObject,
    keys: sortedKeys([...clean.keys()]),
    exact,
    next: 0,
    first: true,
  };
}

/** The canonical text of a value (canonicaljson-go 1.0.3). Iterative: depth costs no stack. */
export function writeJson(root: JsonValue): string {
  const stack: Level[] = [];
  let out = "";
  let value: unknown = root;
  let exact: string | undefined;

  function path(): string {
    return stack
      .map(({ keys, next }) => (keys ? keys[next - 1] : next - 1))
      .slice(0, 20)
      .join("/");
  }

  for (;;) {
    if (typeof value === "string") out += quote(value);
    else if (typeof value === "number") {
      if (exact === undefined && !Number.isFinite(value)) throw jsonError("JSON_VALUE", `${value} is no JSON`, path());
      out += exact ?? canonicalDouble(value);
    } else if (typeof value === "boolean" || value === null) out += String(value);
    else if (typeof value === "object" && (Array.isArray(value) || isPlain(value))) {
      if (stack.length === MAX_DEPTH)
        throw jsonError("JSON_TOO_DEEP", `nested deeper than ${MAX_DEPTH} levels`, path());
      const level = levelOf(value as JsonObject);
      stack.push(level);
      out += level.keys ? "{" : "[";
    } else {
      const what = typeof value === "object" ? Object.prototype.toString.call(value).slice(8, -1) : typeof value;
      throw jsonError("JSON_VALUE", `a value of type ${what} is no JSON`, path());
    }
    if (out.length > MAX_OUTPUT_LENGTH) {
      throw jsonError("JSON_TOO_LARGE", `the canonical text exceeds ${MAX_OUTPUT_LENGTH} characters`);
    }

    for (;;) {
      const level = stack.at(-1);
      if (!level) return out;
      if (level.keys === undefined) {
        const array = level.value as readonly JsonValue[];
        if (level.next < array.length) {
          if (level.next > 0) out += ",";
          exact = level.exact?.get(level.next);
          value = array[level.next++];
          break;
        }
        out += "]";
      } else {
        const keys = level.keys;
        let found: unknown;
        while (level.next < keys.length) {
          found = (level.value as JsonObject)[keys[level.next++]!];
          if (found !== undefined) break;
        }
        if (found !== undefined) {
          const key = keys[level.next - 1]!;
          out += `${level.first ? "" : ","}${quote(key)}:`;
          level.first = false;
          exact = level.exact?.get(key);
          value = found;
          break;
        }
        out += "}";
      }
      stack.pop();
    }
  }
}
