import type { Bytes } from "../../core/index.ts";
import { MAGIC, NONE_U64, SUPERBLOCK, SUPERBLOCK_BYTES } from "../format.ts";

/** What the superblock says; positions are absolute, undefined for a table that is not there. */
export interface Superblock {
  inodes: number;
  mtimeSeconds: number;
  blockSizeBytes: number;
  fragments: number;
  compressor: number;
  flags: number;
  ids: number;
  root: bigint;
  bytesUsed: number;
  idTable: number;
  xattrTable: number | undefined;
  inodeTable: number;
  directoryTable: number;
  fragmentTable: number;
  exportTable: number | undefined;
}

/** The 96 bytes at the start of an image. */
export function encodeSuperblock(block: Superblock): Bytes {
  const out = new DataView(new ArrayBuffer(SUPERBLOCK_BYTES));
  const position = (at: number | undefined): bigint => (at === undefined ? NONE_U64 : BigInt(at));
  out.setUint32(SUPERBLOCK.magicU32, MAGIC, true);
  out.setUint32(SUPERBLOCK.inodesU32, block.inodes, true);
  out.setUint32(SUPERBLOCK.timeU32, block.mtimeSeconds, true);
  out.setUint32(SUPERBLOCK.blockSizeU32, block.blockSizeBytes, true);
  out.setUint32(SUPERBLOCK.fragmentsU32, block.fragments, true);
  out.setUint16(SUPERBLOCK.compressorU16, block.compressor, true);
  out.setUint16(SUPERBLOCK.blockLogU16, 31 - Math.clz32(block.blockSizeBytes), true);
  out.setUint16(SUPERBLOCK.flagsU16, block.flags, true);
  out.setUint16(SUPERBLOCK.idsU16, block.ids, true);
  out.setUint16(SUPERBLOCK.majorU16, 4, true);
  out.setUint16(SUPERBLOCK.minorU16, 0, true);
  out.setBigUint64(SUPERBLOCK.rootU64, block.root, true);
  out.setBigUint64(SUPERBLOCK.bytesUsedU64, position(block.bytesUsed), true);
  out.setBigUint64(SUPERBLOCK.idTableU64, position(block.idTable), true);
  out.setBigUint64(SUPERBLOCK.xattrTableU64, position(block.xattrTable), true);
  out.setBigUint64(SUPERBLOCK.inodeTableU64, position(block.inodeTable), true);
  out.setBigUint64(SUPERBLOCK.directoryTableU64, position(block.directoryTable), true);
  out.setBigUint64(SUPERBLOCK.fragmentTableU64, position(block.fragmentTable), true);
  out.setBigUint64(SUPERBLOCK.exportTableU64, position(block.exportTable), true);
  return new Uint8Array(out.buffer);
}
