import { utf8 } from "./bytes.ts";
import { lossyUtf8 } from "./lossy-utf8.ts";
import type { Bytes } from "./types.ts";

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
  return lossyUtf8(bytes, (byte) => String.fromCharCode(0xdc00 + byte));
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
