import type { Bytes } from "../../core/index.ts";
import { compareBytes } from "../../core/internal.ts";
import {
  DIRECTORY_ENTRY_BYTES,
  DIRECTORY_HEADER_BYTES,
  DIRECTORY_INDEX_BYTES,
  DIRECTORY_RUN_ENTRIES,
  MAX_NAME_BYTES,
} from "../format.ts";
import { invalid } from "./checks.ts";
import type { Image } from "./image.ts";
import { type DirectoryInode, type Inode, readInode } from "./inode.ts";
import { MetadataCursor } from "./metadata.ts";

/** A name in a directory and where its inode is. */
export interface DirectoryEntry {
  name: Bytes;
  type: number;
  /** What the entry says the inode's number is. */
  number: number;
  block: number;
  offset: number;
  /** Absolute position of the metadata block it lies in. */
  position: number;
}

const DOT = 0x2e;
const SLASH = 0x2f;

/** The same two bytes of every name: neither `.` nor `..`, no slash, no NUL. */
function isName(name: Bytes): boolean {
  if (name[0] === DOT && (name.length === 1 || (name.length === 2 && name[1] === DOT))) return false;
  for (let at = 0; at < name.length; at++) if (name[at] === 0 || name[at] === SLASH) return false;
  return true;
}

const viewOf = (bytes: Bytes): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Reads a directory's listing entry by entry; nothing of it is kept. */
export class Listing {
  readonly #cursor: MetadataCursor | undefined;
  /** Bytes of the listing that are left. */
  #left: number;
  #run: { left: number; block: number; number: number } = { left: 0, block: 0, number: 0 };
  #last: Bytes | undefined;

  private constructor(cursor: MetadataCursor | undefined, left: number) {
    this.#cursor = cursor;
    this.#left = left;
  }

  /** From the start, or from `skip` bytes into it, where a run must begin. */
  static async open(image: Image, directory: DirectoryInode, skip = 0): Promise<Listing> {
    if (directory.listingBytes === 0) return new Listing(undefined, 0);
    const cursor = new MetadataCursor(image.layout.directories, directory.block, directory.offset);
    if (skip > 0) await cursor.skip(skip);
    return new Listing(cursor, directory.listingBytes - skip);
  }

  /** Absolute position of the metadata block that is read next. */
  get position(): number {
    return this.#cursor?.position ?? 0;
  }

  /** The next entry; undefined at the end. */
  async next(): Promise<DirectoryEntry | undefined> {
    const cursor = this.#cursor;
    if (!cursor) return undefined;
    const run = this.#run;
    if (run.left === 0) {
      if (this.#left === 0) return undefined;
      this.#use(DIRECTORY_HEADER_BYTES, cursor);
      const head = viewOf(await cursor.take(DIRECTORY_HEADER_BYTES));
      run.left = head.getUint32(0, true) + 1;
      if (run.left > DIRECTORY_RUN_ENTRIES) throw invalid("directory-count", cursor.position, `${run.left} entries`);
      run.block = head.getUint32(4, true);
      run.number = head.getUint32(8, true);
    }
    const { position } = cursor;
    this.#use(DIRECTORY_ENTRY_BYTES, cursor);
    const head = viewOf(await cursor.take(DIRECTORY_ENTRY_BYTES));
    const offset = head.getUint16(0, true);
    const number = run.number + head.getInt16(2, true);
    const type = head.getUint16(4, true);
    const length = head.getUint16(6, true) + 1;
    if (length > MAX_NAME_BYTES) throw invalid("directory-name", position, `${length} bytes`);
    this.#use(length, cursor);
    const name = await cursor.take(length);
    if (!isName(name)) throw invalid("directory-name", position);
    if (this.#last && compareBytes(this.#last, name) >= 0) throw invalid("directory-order", position);
    this.#last = name;
    run.left--;
    return { name, type, number, block: run.block, offset, position };
  }

  #use(bytes: number, cursor: MetadataCursor): void {
    if (bytes > this.#left) throw invalid("directory-entry", cursor.position);
    this.#left -= bytes;
  }
}

/** The inode that an entry names, checked against what the entry says of it. */
export async function readEntryInode(image: Image, entry: DirectoryEntry, parent: DirectoryInode): Promise<Inode> {
  const inode = await readInode(image, entry.block, entry.offset);
  if (inode.type !== entry.type)
    throw invalid("directory-type", entry.position, `entry ${entry.type}, inode ${inode.type}`);
  if (inode.number !== entry.number)
    throw invalid("directory-inode", entry.position, `entry ${entry.number}, inode ${inode.number}`);
  if (inode.kind === "directory" && inode.parent !== parent.number)
    throw invalid("directory-parent", inode.position, `${inode.parent}, not ${parent.number}`);
  return inode;
}

/** How far into the listing the search for `name` may begin, by the directory's index where it has one. */
async function searchStart(image: Image, directory: DirectoryInode, name: Bytes): Promise<number> {
  const cursor = directory.index.fork();
  let start = 0;
  let first: Bytes | undefined;
  let block = 0;
  for (let count = 0; count < directory.indexCount; count++) {
    const { position } = cursor;
    const head = viewOf(await cursor.take(DIRECTORY_INDEX_BYTES));
    const at = head.getUint32(0, true);
    const length = head.getUint32(8, true) + 1;
    // mksquashfs leaves the first run out, gensquashfs names it as well.
    const rising = (at > start || count === 0) && at < directory.listingBytes;
    if (!rising || length > MAX_NAME_BYTES) throw invalid("directory-index", position, `entry ${count}`);
    const runName = await cursor.take(length);
    if (compareBytes(runName, name) > 0) break;
    start = at;
    first = runName;
    block = head.getUint32(4, true);
  }
  if (!first) return 0;
  // The kernel trusts the index; a lying one would show `find` other files than a walk sees.
  const listing = await Listing.open(image, directory, start);
  if (listing.position !== image.layout.directories.start + block)
    throw invalid("directory-index", listing.position, "another block");
  const entry = await listing.next();
  if (!entry || compareBytes(entry.name, first) !== 0)
    throw invalid("directory-index", listing.position, "another name");
  return start;
}

/** The entry of that name; undefined where there is none. */
export async function findEntry(
  image: Image,
  directory: DirectoryInode,
  name: Bytes,
): Promise<DirectoryEntry | undefined> {
  const start = directory.indexCount > 0 ? await searchStart(image, directory, name) : 0;
  const listing = await Listing.open(image, directory, start);
  for (let entry = await listing.next(); entry; entry = await listing.next()) {
    const order = compareBytes(entry.name, name);
    if (order === 0) return entry;
    if (order > 0) return undefined;
  }
  return undefined;
}
