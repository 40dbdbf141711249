import type { JsonValue } from "../../core/index.ts";
import { decodeUtf8, wellFormed } from "./decode.ts";
import { type JsonProblem, jsonError, MAX_DEPTH, MAX_EXPANDED_DIGITS, MAX_TEXT_LENGTH, MAX_VALUES } from "./errors.ts";
import { setExactNumbers } from "./exact-numbers.ts";
import { canonicalDouble, canonicalNumber, NumberRangeError } from "./number.ts";

/** What {@link readJson} gives: the value and, for a bare number, its exact text. */
export interface ReadJson {
  value: JsonValue;
  exact: string | undefined;
  /** A key that the outermost object has twice. */
  repeated: string | undefined;
}

type Open = JsonValue[] | { [key: string]: JsonValue };

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** Documents that came out of {@link readJson}: frozen to the bottom, so they may be shared. */
const shared: WeakSet<object> = /* @__PURE__ */ new WeakSet();

/** True for a document that the reader made; it is frozen and may be taken over as it is. */
export function isShared(value: object): boolean {
  return shared.has(value);
}

/** Notes that an object made of shared documents is frozen. */
export function markShared(value: object): void {
  shared.add(value);
}

/**
 * One JSON text, read as Go's encoding/json reads it (RFC 8259 to the letter, last duplicate wins, broken UTF-8 and
 * lone surrogates become U+FFFD), with nothing but white space after it. Frozen. Iterative: depth costs no stack.
 */
export function readJson(input: string | Uint8Array): ReadJson {
  if (input.length > MAX_TEXT_LENGTH) {
    throw jsonError("JSON_TOO_LARGE", `the text has ${input.length} characters, at most ${MAX_TEXT_LENGTH} are read`);
  }
  const text = typeof input === "string" ? input : decodeUtf8(input);
  const open: Open[] = [];
  const keys: (string | number)[] = [];
  const numbers: (Map<string | number, string> | undefined)[] = [];
  let at = 0;
  let depth = 0; // of open containers; keys[depth - 1] is where the next value goes
  let values = 0;
  let expanded = 0;
  let exact: string | undefined;
  let repeated: string | undefined;

  function fail(message: string, code: JsonProblem = "JSON_INVALID"): never {
    const before = text.slice(0, at);
    const line = before.split("\n").length;
    const where = `line ${line}, column ${at - before.lastIndexOf("\n")}`;
    throw jsonError(code, `${message} at ${where}`, keys.slice(0, Math.min(depth, 20)).join("/").replace(/\/$/, ""));
  }

  function unexpected(wanted: string): never {
    if (at >= text.length) fail(`the text ends where ${wanted} should be`);
    const code = text.codePointAt(at)!;
    const found =
      code > 0x20 && code < 0x7f ? String.fromCodePoint(code) : `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
    fail(`found ${found}, expected ${wanted}`);
  }

  function skipSpace(): number {
    for (;;) {
      const code = text.charCodeAt(at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
      at++;
    }
  }

  function readEscape(): string {
    const letter = text.charAt(at + 1);
    if (letter !== "u") {
      const character = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
      if (character === undefined) fail("bad escape in a string");
      at += 2;
      return character!;
    }
    const high = hex(at + 2);
    at += 6;
    if ((high & 0xf800) !== 0xd800) return String.fromCharCode(high);
    // A pair only if an escaped low half follows an escaped high one.
    if (high < 0xdc00 && text.startsWith("\\u", at)) {
      const low = hex(at + 2);
      if ((low & 0xfc00) === 0xdc00) {
        at += 6;
        return String.fromCharCode(high, low);
      }
    }
    return "\ufffd";
  }

  function hex(from: number): number {
    let code = 0;
    for (let index = from; index < from + 4; index++) {
      const digit = "0123456789abcdef".indexOf(text.charAt(index).toLowerCase() || "-");
      if (digit < 0) {
        at = Math.min(index, text.length);
        fail("bad \\u escape in a string");
      }
      code = code * 16 + digit;
    }
    return code;
  }

  function readString(): string {
    let start = ++at;
    let odd = false;
    let result = "";
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === 0x22) break;
      if (code === 0x5c) {
        const part = text.slice(start, at);
        result += (odd ? wellFormed(part) : part) + readEscape();
        start = at;
        odd = false;
        continue;
      }
      if (!(code >= 0x20)) fail(at >= text.length ? "the text ends in a string" : "raw control character in a string");
      if ((code & 0xf800) === 0xd800) odd = true;
      at++;
    }
    const part = text.slice(start, at++);
    return result + (odd ? wellFormed(part) : part);
  }

  const digits = (): number => {
    const start = at;
    for (let code = text.charCodeAt(at); code >= 0x30 && code <= 0x39; code = text.charCodeAt(++at));
    return at - start;
  };

  function readNumber(): number {
    const start = at;
    if (text.charCodeAt(at) === 0x2d) at++;
    if (text.charCodeAt(at) === 0x30) at++;
    else if (digits() === 0) unexpected("a digit");
    if (text.charCodeAt(at) === 0x2e) {
      at++;
      if (digits() === 0) unexpected("a digit");
    }
    let exponentLength = 0;
    if ((text.charCodeAt(at) | 0x20) === 0x65) {
      at++;
      const sign = text.charCodeAt(at);
      if (sign === 0x2b || sign === 0x2d) at++;
      exponentLength = digits();
      if (exponentLength === 0) unexpected("a digit");
    }
    const source = text.slice(start, at);
    const value = Number(source);
    // A double gives back 15 digits and two of exponent as they were; what is longer is compared by its text.
    if (source.length > 15 || exponentLength > 2) {
      try {
        const canonical = canonicalNumber(source);
        if (!Number.isFinite(value) || canonical !== canonicalDouble(value)) exact = canonical;
        expanded += Math.max(0, canonical.length - source.length);
      } catch (error) {
        if (!(error instanceof NumberRangeError)) throw error;
        at = start;
        fail(`the number cannot be read: ${error.message}`, "JSON_NUMBER_RANGE");
      }
      if (expanded > MAX_EXPANDED_DIGITS)
        fail("the exponents of the text spell out to too many digits", "JSON_NUMBER_RANGE");
    }
    return value === 0 ? 0 : value;
  }

  function readWord(word: string, value: JsonValue): JsonValue {
    if (!text.startsWith(word, at)) unexpected("a value");
    at += word.length;
    return value;
  }

  /** Reads `"key" :` into the slot of the innermost object. */
  function readKey(): void {
    if (skipSpace() !== 0x22) unexpected("a key in quotes");
    const key = readString();
    keys[depth - 1] = key;
    if (depth === 1 && Object.hasOwn(open[0]!, key)) repeated ??= key;
    if (skipSpace() !== 0x3a) unexpected('":"');
    at++;
  }

  function enter(container: Open): void {
    if (depth === MAX_DEPTH) fail(`nested deeper than ${MAX_DEPTH} levels`, "JSON_TOO_DEEP");
    open[depth] = container;
    numbers[depth] = undefined;
    keys[depth] = Array.isArray(container) ? 0 : "";
    depth++;
  }

  function leave(): Open {
    depth--;
    const container = open[depth]!;
    const exactOnes = numbers[depth];
    if (exactOnes) setExactNumbers(container, exactOnes);
    // A whole state: its documents may be taken over one by one.
    if (depth === 0 && !Array.isArray(container)) {
      shared.add(container);
      for (const document of Object.values(container)) {
        if (typeof document === "object" && document !== null) shared.add(document);
      }
    }
    return Object.freeze(container) as Open;
  }

  /** Puts a value into the innermost container, under its pending key. */
  function attach(value: JsonValue): void {
    const container = open[depth - 1]!;
    const key = keys[depth - 1]!;
    if (Array.isArray(container)) container.push(value);
    else if (key === "__proto__")
      Object.defineProperty(container, key, { value, enumerable: true, configurable: true, writable: true });
    else container[key] = value;
    if (exact !== undefined) {
      (numbers[depth - 1] ??= new Map()).set(key, exact);
      exact = undefined;
    } else numbers[depth - 1]?.delete(key); // an earlier duplicate's
  }

  for (;;) {
    let value: JsonValue;
    if (++values > MAX_VALUES) fail(`more than ${MAX_VALUES} values`, "JSON_TOO_LARGE");
    const code = skipSpace();
    if (code === 0x22) value = readString();
    else if (code === 0x7b) {
      at++;
      enter({});
      if (skipSpace() !== 0x7d) {
        readKey();
        continue;
      }
      at++;
      value = leave();
    } else if (code === 0x5b) {
      at++;
      enter([]);
      if (skipSpace() !== 0x5d) continue;
      at++;
      value = leave();
    } else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) value = readNumber();
    else if (code === 0x74) value = readWord("true", true);
    else if (code === 0x66) value = readWord("false", false);
    else if (code === 0x6e) value = readWord("null", null);
    else unexpected("a value");

    for (;;) {
      if (depth === 0) {
        if (!Number.isNaN(skipSpace())) unexpected("the end: one JSON value and nothing after it");
        return { value: value!, exact, repeated };
      }
      attach(value!);
      const isArray = Array.isArray(open[depth - 1]);
      const next = skipSpace();
      if (next === 0x2c) {
        at++;
        if (isArray) (keys[depth - 1] as number)++;
        else readKey();
        break;
      }
      if (next !== (isArray ? 0x5d : 0x7d)) unexpected(isArray ? '"," or "]"' : '"," or "}"');
      at++;
      value = leave();
    }
  }
}
