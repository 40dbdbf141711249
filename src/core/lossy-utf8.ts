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

/** Bytes as text; `standIn` gives the character for each byte that is no part of valid UTF-8. A byte-order mark stays. */
export function lossyUtf8(bytes: Uint8Array, standIn: (byte: number) => string): string {
  try {
    return strict.decode(bytes);
  } catch {
    const parts: string[] = [];
    let start = 0;
    for (let at = 0; at < bytes.length; ) {
      const length = sequenceLength(bytes, at);
      if (length > 0) {
        at += length;
        continue;
      }
      if (at > start) parts.push(strict.decode(bytes.subarray(start, at)));
      parts.push(standIn(bytes[at]!));
      start = ++at;
    }
    parts.push(strict.decode(bytes.subarray(start)));
    return parts.join("");
  }
}
