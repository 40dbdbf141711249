import type { Bytes } from "../core/index.ts";
import { utf8 } from "../core/internal.ts";
import { encodeBase64Url } from "./base64.ts";

/** One top-level member of a state, as it stands in the text. */
export interface TextEntry {
  /** The key as everybody but a device reads it. */
  key: string;
  /** What stands between the quotes of the key: what a device compares with patterns. */
  rawKey: string;
  /** The value's text. */
  value: string;
}

/** Index after the string that begins at `at`. */
function stringEnd(text: string, at: number): number {
  let end = at + 1;
  while (text.charCodeAt(end) !== 0x22) end += text.charCodeAt(end) === 0x5c ? 2 : 1;
  return end + 1;
}

/** Index after the value that begins at `at`. */
function valueEnd(text: string, at: number): number {
  let depth = 0;
  for (let end = at; ; ) {
    const code = text.charCodeAt(end);
    if (code === 0x22) end = stringEnd(text, end);
    else if (depth === 0 && (code === 0x2c || code === 0x7d)) return end;
    else {
      if (code === 0x7b || code === 0x5b) depth++;
      else if (code === 0x7d || code === 0x5d) depth--;
      end++;
    }
    if (depth === 0 && (code === 0x22 || code === 0x7d || code === 0x5d)) return end;
  }
}

/** The top-level members of a canonical text, which must be an object; not for text from outside. */
export function readEntries(text: string): TextEntry[] {
  const entries: TextEntry[] = [];
  for (let at = 1; text.charCodeAt(at) === 0x22; ) {
    const keyEnd = stringEnd(text, at);
    const end = valueEnd(text, keyEnd + 1);
    const key = text.slice(at, keyEnd);
    entries.push({ key: JSON.parse(key) as string, rawKey: key.slice(1, -1), value: text.slice(keyEnd + 1, end) });
    at = end + 1;
  }
  return entries;
}

/** The payload of a selection: the members in text order, nothing re-serialised. */
export function payloadOf(entries: readonly TextEntry[]): string {
  return `{${entries.map(({ rawKey, value }) => `"${rawKey}":${value}`).join(",")}}`;
}

/** JWS Signing Input (RFC 7515, 5.1). */
export function signingInput(protectedHeader: string, payload: Uint8Array): Bytes {
  return utf8(`${protectedHeader}.${encodeBase64Url(payload)}`);
}
