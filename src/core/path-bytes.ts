import { utf8 } from "./bytes.ts";
import type { Bytes } from "./types.ts";

const strict: TextDecoder = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Length of the valid UTF-8 sequence at `at`, 0 if there is none (RFC 3629: no overlong forms, no surrogates). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const length =
    first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  const second = bytes[at + 1]!;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let next = at + 2; next < at + length; next++) if (bytes[next]! < 0x80 || bytes[next]! > 0xbf) return 0;
  return length;
}

/**
 * A file name's bytes as text: UTF-8, and each byte 0x80..0xFF that is no part of it as U+DC80..U+DCFF (the
 * surrogate-escape mapping of Python's PEP 383), so that every name survives a round trip.
 *
 * @example
 * ```ts
 * import { decodePath, encodePath } from "@pv/sdk/core";
 * const path = decodePath(new Uint8Array([0x61, 0xff]));
 * if (path !== "a\udcff" || encodePath(path)[1] !== 0xff) throw new Error("lost a byte");
 * ```
 */
export function decodePath(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    let text = "";
    let start = 0;
    for (let at = 0; at < bytes.length; ) {
      const length = sequenceLength(bytes, at);
      if (length > 0) {
        at += length;
        continue;
      }
      text += strict.decode(bytes.subarray(start, at)) + String.fromCharCode(0xdc00 + bytes[at]!);
      start = ++at;
    }
    return text + strict.decode(bytes.subarray(start));
  }
}

/** The bytes of a path made by {@link decodePath}; plain text gives its UTF-8. */
export function encodePath(path: string): Bytes {
  if (!/[\udc80-\udcff]/.test(path)) return utf8(path);
  const bytes: number[] = [];
  for (const character of path) {
    const code = character.codePointAt(0)!;
    if (character.length === 1 && code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else bytes.push(...utf8(character));
  }
  return new Uint8Array(bytes);
}
