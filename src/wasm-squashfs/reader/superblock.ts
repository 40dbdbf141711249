import {
  COMPRESSOR,
  FLAG,
  MAGIC,
  MAX_BLOCK_BYTES,
  METADATA_BYTES,
  METADATA_UNCOMPRESSED,
  MIN_BLOCK_BYTES,
  SUPERBLOCK,
  SUPERBLOCK_BYTES,
} from "../format.ts";
import { invalid } from "./checks.ts";
import type { ImageBytes } from "./image-bytes.ts";

/** The name of a compressor. */
export type CompressorName = keyof typeof COMPRESSOR;

/** The checked superblock; positions are absolute, a table that is not there is undefined. */
export interface Superblock {
  compressor: CompressorName;
  blockSize: number;
  inodes: number;
  fragments: number;
  ids: number;
  bytesUsed: number;
  /** Reference of the root inode: position in the inode table and offset in the block there. */
  root: { block: number; offset: number };
  idTable: number;
  xattrTable: number | undefined;
  inodeTable: number;
  directoryTable: number;
  /** Only where there are fragments. */
  fragmentTable: number | undefined;
  exportTable: number | undefined;
  /** Largest dictionary or window that a block may ask for: what the kernel's decoder makes room for. */
  maxWindow: number;
}

const names: ReadonlyMap<number, CompressorName> = /* @__PURE__ */ new Map(
  Object.entries(COMPRESSOR).map(([name, id]) => [id, name as CompressorName]),
);
const KNOWN_FLAGS = 0x0fff;
/** Longest options block of any compressor, with room. */
const MAX_OPTIONS_BYTES = 64;

/** A u64 as a number; what a double cannot hold is beyond any file. */
export function readU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}

const isAbsent = (view: DataView, at: number): boolean =>
  view.getUint32(at, true) === 0xffffffff && view.getUint32(at + 4, true) === 0xffffffff;

/** Length of the options of each compressor; lzma has none. */
const OPTION_BYTES: Readonly<Record<CompressorName, readonly number[]>> = {
  gzip: [8],
  lzma: [],
  lzo: [8],
  xz: [8],
  lz4: [8, 12],
  zstd: [4],
};

/** The largest dictionary of xz blocks, from the options where there are some. */
async function readOptions(bytes: ImageBytes, compressor: CompressorName, blockSize: number): Promise<number> {
  const fail = (detail: string): never => {
    throw invalid("compressor-options", SUPERBLOCK_BYTES, detail);
  };
  if (SUPERBLOCK_BYTES + 2 > bytes.sizeBytes) fail("none are there");
  const head = await bytes.read(SUPERBLOCK_BYTES, 2);
  const header = head[0]! | (head[1]! << 8);
  const length = header & (METADATA_UNCOMPRESSED - 1);
  if ((header & METADATA_UNCOMPRESSED) === 0) fail("they are compressed");
  if (length > MAX_OPTIONS_BYTES || !OPTION_BYTES[compressor].includes(length)) fail(`${length} bytes`);
  if (SUPERBLOCK_BYTES + 2 + length > bytes.sizeBytes) fail("they are cut short");
  const options = await bytes.read(SUPERBLOCK_BYTES + 2, length);
  const first = new DataView(options.buffer, options.byteOffset, length).getUint32(0, true);
  if (compressor === "lz4" && first !== 1) fail(`lz4 version ${first}`);
  if (compressor !== "xz") return blockSize;
  // The kernel takes 2^n and 2^n + 2^(n+1), and nothing above the block size.
  const n = 31 - Math.clz32(first);
  const known = first === 2 ** n || (n > 0 && first === 2 ** n + 2 ** (n - 1));
  if (first < METADATA_BYTES || first > MAX_BLOCK_BYTES || !known) fail(`a dictionary of ${first} bytes`);
  return first;
}

/** Reads and checks the superblock. */
export async function readSuperblock(bytes: ImageBytes): Promise<Superblock> {
  if (bytes.sizeBytes < SUPERBLOCK_BYTES) throw invalid("superblock-length", 0, `${bytes.sizeBytes} bytes`);
  const raw = await bytes.read(0, SUPERBLOCK_BYTES);
  const view = new DataView(raw.buffer, raw.byteOffset, SUPERBLOCK_BYTES);
  const u16 = (at: number): number => view.getUint16(at, true);
  const u32 = (at: number): number => view.getUint32(at, true);

  if (u32(SUPERBLOCK.magicU32) !== MAGIC) throw invalid("magic", 0);
  const version = `${u16(SUPERBLOCK.majorU16)}.${u16(SUPERBLOCK.minorU16)}`;
  if (version !== "4.0") throw invalid("version", SUPERBLOCK.majorU16, version);
  const compressor = names.get(u16(SUPERBLOCK.compressorU16));
  if (!compressor) throw invalid("compressor", SUPERBLOCK.compressorU16, `id ${u16(SUPERBLOCK.compressorU16)}`);
  const blockSize = u32(SUPERBLOCK.blockSizeU32);
  const log = u16(SUPERBLOCK.blockLogU16);
  if (blockSize < MIN_BLOCK_BYTES || blockSize > MAX_BLOCK_BYTES || log > 20 || 2 ** log !== blockSize)
    throw invalid("block-size", SUPERBLOCK.blockSizeU32, `${blockSize}, logarithm ${log}`);
  const flags = u16(SUPERBLOCK.flagsU16);
  if ((flags & ~KNOWN_FLAGS) !== 0) throw invalid("flags", SUPERBLOCK.flagsU16, `0x${flags.toString(16)}`);
  const inodes = u32(SUPERBLOCK.inodesU32);
  if (inodes === 0) throw invalid("inode-count", SUPERBLOCK.inodesU32);
  const ids = u16(SUPERBLOCK.idsU16);
  if (ids === 0) throw invalid("id-count", SUPERBLOCK.idsU16);
  const bytesUsed = readU64(view, SUPERBLOCK.bytesUsedU64);
  if (bytesUsed < SUPERBLOCK_BYTES || bytesUsed > bytes.sizeBytes)
    throw invalid("bytes-used", SUPERBLOCK.bytesUsedU64, `${bytesUsed} of ${bytes.sizeBytes} bytes`);

  const table = (at: number): number => {
    const position = readU64(view, at);
    if (position < SUPERBLOCK_BYTES || position >= bytesUsed) throw invalid("table-position", at);
    return position;
  };
  const optional = (at: number): number | undefined => (isAbsent(view, at) ? undefined : table(at));
  const fragments = u32(SUPERBLOCK.fragmentsU32);
  // An empty directory table sits at the end of the inode table, and may be all there is up to the ids.
  const result: Superblock = {
    compressor,
    blockSize,
    inodes,
    fragments,
    ids,
    bytesUsed,
    root: {
      block: u16(SUPERBLOCK.rootU64 + 2) + u32(SUPERBLOCK.rootU64 + 4) * 2 ** 16,
      offset: u16(SUPERBLOCK.rootU64),
    },
    idTable: table(SUPERBLOCK.idTableU64),
    xattrTable: optional(SUPERBLOCK.xattrTableU64),
    inodeTable: table(SUPERBLOCK.inodeTableU64),
    directoryTable: table(SUPERBLOCK.directoryTableU64),
    // Without fragments the kernel does not look at its position; writers put anything there.
    fragmentTable: fragments === 0 ? undefined : table(SUPERBLOCK.fragmentTableU64),
    exportTable: optional(SUPERBLOCK.exportTableU64),
    maxWindow: blockSize,
  };
  if (result.inodeTable >= result.directoryTable) throw invalid("table-order", SUPERBLOCK.inodeTableU64);
  if (result.root.offset >= METADATA_BYTES || result.inodeTable + result.root.block >= result.directoryTable)
    throw invalid("root-inode", SUPERBLOCK.rootU64);
  const hasOptions = (flags & FLAG.compressorOptions) !== 0;
  if (hasOptions) result.maxWindow = await readOptions(bytes, compressor, blockSize);
  else if (compressor === "lz4") throw invalid("compressor-options", SUPERBLOCK_BYTES, "lz4 needs them");
  result.maxWindow = Math.max(result.maxWindow, METADATA_BYTES);
  return result;
}
