import type { Bytes } from "./types.ts";

const encoder: TextEncoder = /* @__PURE__ */ new TextEncoder();

/** Nothing. */
export const noBytes: Bytes = /* @__PURE__ */ new Uint8Array(0);

/** The same bytes over a plain `ArrayBuffer`; copies only what sits on a shared one. */
export function asBytes(bytes: Uint8Array): Bytes {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Bytes) : new Uint8Array(bytes);
}

/** One array from many. */
export function concatBytes(parts: readonly Uint8Array[]): Bytes {
  if (parts.length === 1) return asBytes(parts[0]!);
  let length = 0;
  for (const part of parts) length += part.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Byte for byte the same; takes the same time wherever they differ. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let at = 0; at < a.length; at++) difference |= a[at]! ^ b[at]!;
  return difference === 0;
}

/** Order by unsigned byte value, a prefix first (C `strcmp`). */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const difference = a[at]! - b[at]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** Bytes of hex text, or undefined if it is none. */
export function fromHex(text: string): Bytes | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(text.slice(at * 2, at * 2 + 2), 16);
  return bytes;
}

/** UTF-8 of text; lone surrogates become U+FFFD. */
export function utf8(text: string): Bytes {
  return encoder.encode(text) as Bytes;
}

/** True where all bytes are zero. */
export function isZero(bytes: Uint8Array): boolean {
  // Words first: a sparse block is asked on every 128 KiB of a squashfs image.
  const head = Math.min(bytes.length, (8 - (bytes.byteOffset % 8)) % 8);
  const words = (bytes.length - head) >> 3;
  for (let at = 0; at < head; at++) if (bytes[at] !== 0) return false;
  const view = new Float64Array(bytes.buffer, bytes.byteOffset + head, words);
  // Negative zero equals zero as a number: 0x80 00.. must be caught by its bytes.
  for (let at = 0; at < words; at++) if (view[at] !== 0 || Object.is(view[at], -0)) return false;
  for (let at = head + words * 8; at < bytes.length; at++) if (bytes[at] !== 0) return false;
  return true;
}
