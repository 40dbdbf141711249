import type { Bytes } from "../../core/index.ts";
import { METADATA_BYTES } from "../format.ts";
import { type CompressNow, MetadataWriter } from "./metadata-writer.ts";

/** A table that is read by index: its metadata blocks, then the absolute position of each. */
export interface LookupTable {
  blocks: Bytes;
  positions: Bytes;
}

/** Encodes the entries of a table whose blocks will be at `start`. */
export function encodeTable(entries: Bytes, start: number, compress: CompressNow): LookupTable {
  const writer = new MetadataWriter(compress);
  const positions = new DataView(new ArrayBuffer(Math.ceil(entries.length / METADATA_BYTES) * 8));
  for (let at = 0, index = 0; at < entries.length; at += METADATA_BYTES, index++) {
    positions.setBigUint64(index * 8, BigInt(start + writer.blockPosition), true);
    writer.append(entries.subarray(at, at + METADATA_BYTES));
  }
  return { blocks: writer.finish(), positions: new Uint8Array(positions.buffer) };
}
