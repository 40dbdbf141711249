import type { Bytes } from "../../core/index.ts";
import {
  EXPORT_ENTRY_BYTES,
  FRAGMENT_ENTRY_BYTES,
  ID_ENTRY_BYTES,
  METADATA_BYTES,
  XATTR_ID_BYTES,
  XATTR_TABLE_HEADER_BYTES,
} from "../format.ts";
import { invalid } from "./checks.ts";
import type { ImageBytes } from "./image-bytes.ts";
import type { MetadataReader, MetadataTable } from "./metadata.ts";
import { readU64, type Superblock } from "./superblock.ts";

/** A table of entries of one size: blocks, then the array of their positions. */
export class LookupTable {
  readonly #reader: MetadataReader;
  readonly #positions: Float64Array;
  readonly #end: number;
  readonly #entryBytes: number;
  /** Number of entries. */
  readonly count: number;

  constructor(reader: MetadataReader, positions: Float64Array, end: number, entryBytes: number, count: number) {
    this.#reader = reader;
    this.#positions = positions;
    this.#end = end;
    this.#entryBytes = entryBytes;
    this.count = count;
  }

  /** The bytes of block `index`, which must hold exactly the entries that belong there. */
  async block(index: number): Promise<Bytes> {
    const position = this.#positions[index]!;
    const { bytes } = await this.#reader.block(position, this.#positions[index + 1] ?? this.#end);
    const expected = Math.min(METADATA_BYTES, this.count * this.#entryBytes - index * METADATA_BYTES);
    if (bytes.length !== expected)
      throw invalid("table-length", position, `${bytes.length} bytes for ${expected} of entries`);
    return bytes;
  }

  /** A view of entry `index`, which the caller has checked against `count`. */
  async entry(index: number): Promise<DataView> {
    const perBlock = METADATA_BYTES / this.#entryBytes;
    const bytes = await this.block(Math.floor(index / perBlock));
    return new DataView(bytes.buffer, bytes.byteOffset + (index % perBlock) * this.#entryBytes, this.#entryBytes);
  }
}

/** Where everything is. */
export interface Layout {
  inodes: MetadataTable;
  directories: MetadataTable;
  ids: LookupTable;
  fragments: LookupTable | undefined;
  xattrIds: LookupTable | undefined;
  /** Names and values. */
  xattrs: MetadataTable | undefined;
}

interface PositionArray {
  start: number;
  /** Where the array must end. */
  end: number;
  /** Where the last block must end at the latest. */
  blocksEnd: number;
  entries: number;
  entryBytes: number;
}

/** Positions of a table's blocks: as many as its entries need, rising, close together, ending at the array. */
async function readPositions(image: ImageBytes, array: PositionArray): Promise<Float64Array> {
  const { start, end, blocksEnd, entries, entryBytes } = array;
  const blocks = Math.ceil((entries * entryBytes) / METADATA_BYTES);
  // Before anything is allocated: the array has to lie in the image, byte for byte.
  if (start + blocks * 8 !== end) throw invalid("table-end", start, `${blocks} blocks up to ${end}`);
  const bytes = await image.read(start, blocks * 8);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const positions = new Float64Array(blocks);
  for (let index = 0; index < blocks; index++) positions[index] = readU64(view, index * 8);
  for (let index = 0; index < blocks; index++) {
    const step = (positions[index + 1] ?? blocksEnd) - positions[index]!;
    if (!(step > 2 && step <= METADATA_BYTES + 2)) throw invalid("table-step", start + index * 8, `block ${index}`);
  }
  return positions;
}

/**
 * Finds the tables from the last to the first, as the kernel does: each position array must end exactly where the next
 * table begins, so there is no room between them for anything else.
 */
export async function readLayout(image: ImageBytes, reader: MetadataReader, superblock: Superblock): Promise<Layout> {
  let end = superblock.bytesUsed;

  async function lookup(start: number, entries: number, entryBytes: number): Promise<LookupTable> {
    const positions = await readPositions(image, { start, end, blocksEnd: start, entries, entryBytes });
    end = positions[0] ?? start;
    return new LookupTable(reader, positions, start, entryBytes, entries);
  }

  let xattrIds: LookupTable | undefined;
  let xattrs: MetadataTable | undefined;
  if (superblock.xattrTable !== undefined) {
    const start = superblock.xattrTable;
    if (start + XATTR_TABLE_HEADER_BYTES > end) throw invalid("xattr-table", start);
    const head = await image.read(start, XATTR_TABLE_HEADER_BYTES);
    const view = new DataView(head.buffer, head.byteOffset, head.length);
    const first = readU64(view, 0);
    const count = view.getUint32(8, true);
    if (count === 0) throw invalid("xattr-table", start, "it is empty");
    const positions = await readPositions(image, {
      start: start + XATTR_TABLE_HEADER_BYTES,
      end,
      blocksEnd: start,
      entries: count,
      entryBytes: XATTR_ID_BYTES,
    });
    xattrIds = new LookupTable(reader, positions, start, XATTR_ID_BYTES, count);
    if (!(first < positions[0]!)) throw invalid("xattr-table", start, "names and values come after their ids");
    xattrs = { reader, start: first, end: positions[0]! };
    end = first;
  }
  const ids = await lookup(superblock.idTable, superblock.ids, ID_ENTRY_BYTES);
  // The export table serves NFS; only its place matters here.
  if (superblock.exportTable !== undefined) await lookup(superblock.exportTable, superblock.inodes, EXPORT_ENTRY_BYTES);
  const fragments =
    superblock.fragmentTable === undefined
      ? undefined
      : await lookup(superblock.fragmentTable, superblock.fragments, FRAGMENT_ENTRY_BYTES);
  if (superblock.directoryTable > end) throw invalid("table-order", superblock.directoryTable);
  return {
    inodes: { reader, start: superblock.inodeTable, end: superblock.directoryTable },
    directories: { reader, start: superblock.directoryTable, end },
    ids,
    fragments,
    xattrIds,
    xattrs,
  };
}
