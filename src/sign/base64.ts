import type { Bytes } from "../core/index.ts";

/** Bytes as standard base64 with padding (RFC 4648, 4). */
export function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  for (let rest = bytes; rest.length > 0; rest = rest.subarray(0x8000)) {
    text += String.fromCharCode(...rest.subarray(0, 0x8000));
  }
  return btoa(text);
}

/** Bytes as base64url without padding (RFC 4648, 5; RFC 7515, 2). */
export function encodeBase64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replace(/[+/=]/g, (c) => (c === "+" ? "-" : c === "/" ? "_" : ""));
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
