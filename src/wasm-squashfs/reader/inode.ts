import type { Bytes } from "../../core/index.ts";
import { DIRECTORY_SIZE_EXTRA, INODE, INODE_BYTES, MAX_SYMLINK_BYTES, METADATA_BYTES, NONE_U32 } from "../format.ts";
import { invalid } from "./checks.ts";
import type { Image } from "./image.ts";
import { MetadataCursor } from "./metadata.ts";
import { readU64 } from "./superblock.ts";

/** What all inodes have. */
interface InodeBase {
  /** The basic type, 1 to 7. */
  type: number;
  mode: number;
  uid: number;
  gid: number;
  mtimeSeconds: number;
  number: number;
  nlink: number;
  /** Index in the xattr id table. */
  xattr: number | undefined;
  /** Absolute position of the metadata block it lies in. */
  position: number;
}

/** A directory and where its listing is. */
export interface DirectoryInode extends InodeBase {
  kind: "directory";
  block: number;
  offset: number;
  /** Length of the listing, 0 when empty. */
  listingBytes: number;
  parent: number;
  /** Index entries, read from `index`. */
  indexCount: number;
  index: MetadataCursor;
}

/** A file; its block list is read when its content is. */
export interface FileInode extends InodeBase {
  kind: "file";
  sizeBytes: number;
  start: number;
  blocks: number;
  words: MetadataCursor;
  fragment: { index: number; offset: number } | undefined;
}

/** The rest. */
export interface OtherInode extends InodeBase {
  kind: "symlink" | "block" | "char" | "fifo" | "socket";
  target?: Bytes;
  rdev?: number;
}

/** An inode, checked. */
export type Inode = DirectoryInode | FileInode | OtherInode;

const KINDS = ["", "directory", "file", "symlink", "block", "char", "fifo", "socket"] as const;
/** `S_IFMT >> 12` of the kinds: some writers leave it in the mode. */
const MODE_KINDS = [0, 4, 8, 10, 6, 2, 1, 12];
const EXTENDED = 7;

const viewOf = (bytes: Bytes): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Reads the inode at a reference; `block` is relative to the inode table. */
export async function readInode(image: Image, block: number, offset: number): Promise<Inode> {
  const cursor = new MetadataCursor(image.layout.inodes, block, offset);
  const { position } = cursor;
  const common = viewOf(await cursor.take(INODE_BYTES.common));
  const rawType = common.getUint16(0, true);
  if (rawType < INODE.directory || rawType > INODE.extendedSocket)
    throw invalid("inode-type", position, String(rawType));
  const extended = rawType > EXTENDED;
  const type = extended ? rawType - EXTENDED : rawType;
  const mode = common.getUint16(2, true);
  if (mode >> 12 !== 0 && mode >> 12 !== MODE_KINDS[type])
    throw invalid("inode-mode", position, `0${mode.toString(8)}`);
  const number = common.getUint32(12, true);
  if (number === 0 || number > image.superblock.inodes) throw invalid("inode-number", position, String(number));
  const base: InodeBase = {
    type,
    mode: mode & 0o7777,
    uid: await image.id(common.getUint16(4, true), position),
    gid: await image.id(common.getUint16(6, true), position),
    mtimeSeconds: common.getUint32(8, true),
    number,
    nlink: 1,
    xattr: undefined,
    position,
  };
  const inode = await readRest(image, cursor, base, extended);
  if (inode.nlink === 0) throw invalid("inode-nlink", position);
  return inode;
}

const optional = (index: number): number | undefined => (index === NONE_U32 ? undefined : index);

async function readRest(image: Image, cursor: MetadataCursor, base: InodeBase, extended: boolean): Promise<Inode> {
  switch (KINDS[base.type]) {
    case "directory":
      return extended ? readExtendedDirectory(cursor, base) : readDirectory(cursor, base);
    case "file":
      return readFile(image, cursor, base, extended);
    case "symlink": {
      const rest = viewOf(await cursor.take(INODE_BYTES.symlink - INODE_BYTES.common));
      const length = rest.getUint32(4, true);
      if (length === 0 || length > MAX_SYMLINK_BYTES) throw invalid("symlink-length", base.position, `${length} bytes`);
      const target = (await cursor.take(length)).slice();
      if (target.includes(0)) throw invalid("symlink-target", base.position);
      const xattr = extended ? optional(viewOf(await cursor.take(4)).getUint32(0, true)) : undefined;
      return { ...base, kind: "symlink", nlink: rest.getUint32(0, true), target, xattr };
    }
    case "block":
    case "char": {
      const bytes = (extended ? INODE_BYTES.extendedDevice : INODE_BYTES.device) - INODE_BYTES.common;
      const rest = viewOf(await cursor.take(bytes));
      const kind = base.type === INODE.block ? "block" : "char";
      const xattr = extended ? optional(rest.getUint32(8, true)) : undefined;
      return { ...base, kind, nlink: rest.getUint32(0, true), rdev: rest.getUint32(4, true), xattr };
    }
    default: {
      const bytes = (extended ? INODE_BYTES.extendedIpc : INODE_BYTES.ipc) - INODE_BYTES.common;
      const rest = viewOf(await cursor.take(bytes));
      const kind = base.type === INODE.fifo ? "fifo" : "socket";
      const xattr = extended ? optional(rest.getUint32(4, true)) : undefined;
      return { ...base, kind, nlink: rest.getUint32(0, true), xattr };
    }
  }
}

/** `file_size` counts three bytes for `.` and `..`; an empty directory may have less. */
function listing(sizeField: number, offset: number, position: number): number {
  if (sizeField <= DIRECTORY_SIZE_EXTRA) return 0;
  if (offset >= METADATA_BYTES) throw invalid("directory-size", position, `offset ${offset}`);
  return sizeField - DIRECTORY_SIZE_EXTRA;
}

async function readDirectory(cursor: MetadataCursor, base: InodeBase): Promise<DirectoryInode> {
  const rest = viewOf(await cursor.take(INODE_BYTES.directory - INODE_BYTES.common));
  const offset = rest.getUint16(10, true);
  return {
    ...base,
    kind: "directory",
    block: rest.getUint32(0, true),
    nlink: rest.getUint32(4, true),
    offset,
    listingBytes: listing(rest.getUint16(8, true), offset, base.position),
    parent: rest.getUint32(12, true),
    indexCount: 0,
    index: cursor,
  };
}

async function readExtendedDirectory(cursor: MetadataCursor, base: InodeBase): Promise<DirectoryInode> {
  const rest = viewOf(await cursor.take(INODE_BYTES.extendedDirectory - INODE_BYTES.common));
  const offset = rest.getUint16(18, true);
  return {
    ...base,
    kind: "directory",
    nlink: rest.getUint32(0, true),
    listingBytes: listing(rest.getUint32(4, true), offset, base.position),
    block: rest.getUint32(8, true),
    parent: rest.getUint32(12, true),
    indexCount: rest.getUint16(16, true),
    offset,
    xattr: optional(rest.getUint32(20, true)),
    index: cursor,
  };
}

async function readFile(image: Image, cursor: MetadataCursor, base: InodeBase, extended: boolean): Promise<FileInode> {
  const { blockSize, fragments } = image.superblock;
  const { position } = base;
  const size = (extended ? INODE_BYTES.extendedFile : INODE_BYTES.file) - INODE_BYTES.common;
  const rest = viewOf(await cursor.take(size));
  const at = extended ? 28 : 4;
  const sizeBytes = extended ? readU64(rest, 8) : rest.getUint32(12, true);
  const index = rest.getUint32(at, true);
  const whole = Math.floor(sizeBytes / blockSize);
  const tail = sizeBytes - whole * blockSize;
  const hasFragment = index !== NONE_U32;
  const blocks = !hasFragment && tail > 0 ? whole + 1 : whole;
  // Nothing expands to more than 8 KiB for each 3 bytes of the table that are left.
  const most = Math.ceil((image.layout.inodes.end - cursor.position) / 3) * METADATA_BYTES;
  if (!Number.isSafeInteger(sizeBytes) || blocks * 4 > most) throw invalid("file-size", position, `${sizeBytes} bytes`);
  if (hasFragment && index >= fragments) throw invalid("fragment-index", position, `${index} of ${fragments}`);
  if (hasFragment && tail === 0) throw invalid("fragment-tail", position, `${sizeBytes} bytes`);
  return {
    ...base,
    kind: "file",
    nlink: extended ? rest.getUint32(24, true) : 1,
    sizeBytes,
    start: extended ? readU64(rest, 0) : rest.getUint32(0, true),
    blocks,
    words: cursor,
    fragment: hasFragment ? { index, offset: rest.getUint32(at + 4, true) } : undefined,
    xattr: extended ? optional(rest.getUint32(36, true)) : undefined,
  };
}
