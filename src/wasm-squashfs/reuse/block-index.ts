import type { Bytes } from "../../core/index.ts";
import { crc32, equalBytes, utf8 } from "../../core/internal.ts";
import { Column } from "../writer/columns.ts";

/**
 * What an image says of its own blocks, for the next one to be built from: a note before the data, an index after it.
 * Both lie where readers of squashfs do not look, because nothing refers to them.
 *
 * | note | |
 * |---|---|
 * | 0 | `@pv/sdk` and a NUL |
 * | 8 | SHA-256 that says which encoder made the blocks |
 * | 40 | u64 position of the index |
 * | 48 | u32 number of records |
 * | 52 | u32 CRC-32 of the index |
 *
 * A record of the index, one for each block in the order of the data: u32 size word, u32 CRC-32 of the stored bytes, u32
 * key of the content.
 */
export const NOTE_BYTES = 56;
export const RECORD_BYTES = 12;

const SIGNATURE: Uint8Array = /* @__PURE__ */ utf8("@pv/sdk\0");

/** The records of an index, as columns. */
export class BlockRecords {
  readonly words: Column = new Column();
  readonly sums: Column = new Column();
  readonly keys: Column = new Column();

  get length(): number {
    return this.words.length;
  }

  add(word: number, sum: number, key: number): void {
    this.words.push(word);
    this.sums.push(sum);
    this.keys.push(key);
  }

  /** Forgets all but the first `length`. */
  truncate(length: number): void {
    this.words.length = length;
    this.sums.length = length;
    this.keys.length = length;
  }

  encode(): Bytes {
    const out = new DataView(new ArrayBuffer(this.length * RECORD_BYTES));
    for (let index = 0; index < this.length; index++) {
      out.setUint32(index * RECORD_BYTES, this.words.get(index), true);
      out.setUint32(index * RECORD_BYTES + 4, this.sums.get(index), true);
      out.setUint32(index * RECORD_BYTES + 8, this.keys.get(index), true);
    }
    return new Uint8Array(out.buffer);
  }
}

/** Where the index is and what it belongs to. */
export interface Note {
  fingerprint: Uint8Array;
  position: number;
  count: number;
  sum: number;
}

export function encodeNote(fingerprint: Uint8Array, position: number, index: Uint8Array): Bytes {
  const out = new DataView(new ArrayBuffer(NOTE_BYTES));
  const bytes = new Uint8Array(out.buffer);
  bytes.set(SIGNATURE, 0);
  bytes.set(fingerprint, 8);
  out.setBigUint64(40, BigInt(position), true);
  out.setUint32(48, index.length / RECORD_BYTES, true);
  out.setUint32(52, crc32(index), true);
  return bytes;
}

/** The note, or undefined where there is none. */
export function decodeNote(bytes: Uint8Array): Note | undefined {
  if (bytes.length < NOTE_BYTES || !equalBytes(bytes.subarray(0, 8), SIGNATURE)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    fingerprint: bytes.slice(8, 40),
    position: Number(view.getBigUint64(40, true)),
    count: view.getUint32(48, true),
    sum: view.getUint32(52, true),
  };
}

/** The key of content with this digest: enough to find a candidate, which is then compared. */
export function blockKey(digest: Uint8Array): number {
  return (digest[4]! | (digest[5]! << 8) | (digest[6]! << 16) | (digest[7]! << 24)) >>> 0;
}
