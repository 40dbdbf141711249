import { nativeZlib } from "./native.ts";

let table: Int32Array | undefined;

/** Eight tables, so that eight bytes are folded in at once (Intel's "slicing-by-8"). */
function tables(): Int32Array {
  if (table) return table;
  const made = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    made[byte] = crc;
  }
  for (let at = 256; at < made.length; at++) {
    const before = made[at - 256]!;
    made[at] = (before >>> 8) ^ made[before & 255]!;
  }
  table = made;
  return made;
}

/** {@link crc32} in plain code; the same numbers as the native one. */
export function portableCrc32(bytes: Uint8Array, value = 0): number {
  const t = tables();
  let crc = ~value;
  let at = 0;
  for (const end = bytes.length - 7; at < end; at += 8) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      t[1792 + (crc & 255)]! ^
      t[1536 + ((crc >>> 8) & 255)]! ^
      t[1280 + ((crc >>> 16) & 255)]! ^
      t[1024 + (crc >>> 24)]! ^
      t[768 + bytes[at + 4]!]! ^
      t[512 + bytes[at + 5]!]! ^
      t[256 + bytes[at + 6]!]! ^
      t[bytes[at + 7]!]!;
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ t[(crc ^ bytes[at]!) & 255]!;
  return ~crc >>> 0;
}

/**
 * CRC-32 as gzip, GPT and xz use it (polynomial 0xEDB88320); give the value so far to go on.
 */
export function crc32(bytes: Uint8Array, value = 0): number {
  const zlib = nativeZlib();
  return zlib?.crc32 ? zlib.crc32(bytes, value) : portableCrc32(bytes, value);
}
