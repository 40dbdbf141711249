import type { Bytes } from "../core/index.ts";
import { utf8 } from "../core/internal.ts";

/** Codes of the digits, the last two being those in which the alphabets differ. */
function alphabet(last: string): Uint8Array {
  return utf8(`ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789${last}`);
}

const standard: Uint8Array = /* @__PURE__ */ alphabet("+/");
const url: Uint8Array = /* @__PURE__ */ alphabet("-_");
const decoder: TextDecoder = /* @__PURE__ */ new TextDecoder();

/** By a table: `btoa` wants a string of characters first, which takes twenty times as long. */
function encode(bytes: Uint8Array, codes: Uint8Array): string {
  const out = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  let to = 0;
  for (let at = 0; at < bytes.length; at += 3) {
    // What is behind the end counts as zeros.
    const group = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    out[to++] = codes[group >> 18]!;
    out[to++] = codes[(group >> 12) & 63]!;
    out[to++] = codes[(group >> 6) & 63]!;
    out[to++] = codes[group & 63]!;
  }
  return decoder.decode(out.subarray(0, Math.ceil((bytes.length * 4) / 3)));
}

/** Bytes as standard base64 with padding (RFC 4648, 4). */
export function encodeBase64(bytes: Uint8Array): string {
  const text = encode(bytes, standard);
  return text + "=".repeat(-text.length & 3);
}

/** Bytes as base64url without padding (RFC 4648, 5; RFC 7515, 2). */
export function encodeBase64Url(bytes: Uint8Array): string {
  return encode(bytes, url);
}

/** Undefined for anything but the one canonical form: padded, no white space, unused bits zero. */
export function decodeBase64(text: string): Bytes | undefined {
  try {
    const bytes = fromBinary(atob(text));
    if (encodeBase64(bytes) === text) return bytes;
  } catch {
    // none
  }
  return undefined;
}

/** The bytes of what `atob` gives. */
export function fromBinary(text: string): Bytes {
  return Uint8Array.from(text, (octet) => octet.charCodeAt(0));
}

/** Undefined for anything but the one canonical form: unpadded, unused bits zero. */
export function decodeBase64Url(text: string): Bytes | undefined {
  if (!/^[\w-]*$/.test(text)) return undefined;
  const standard = text.replace(/[-_]/g, (c) => (c === "-" ? "+" : "/"));
  return decodeBase64(standard + "=".repeat(-text.length & 3));
}
