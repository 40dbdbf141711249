import { type Bytes, encodePath } from "../../core/index.ts";
import { compareBytes, concatBytes, noBytes } from "../../core/internal.ts";
import { createHasher } from "../../objects/index.ts";
import {
  MAX_XATTR_NAME_BYTES,
  MAX_XATTR_VALUE_BYTES,
  NONE_U32,
  XATTR_ID_BYTES,
  XATTR_OUT_OF_LINE,
  XATTR_PREFIXES,
  XATTR_TABLE_HEADER_BYTES,
} from "../format.ts";
import { Arena, Column } from "./columns.ts";
import { digestOf } from "./digest.ts";
import { DigestTable } from "./digest-table.ts";
import { encodeTable } from "./lookup-table.ts";
import { type CompressNow, MetadataWriter } from "./metadata-writer.ts";
import { treeInvalid } from "./tree-invalid.ts";

/** A value of up to this many bytes is repeated: a reference to its first copy takes as many. */
const REFERENCE_BYTES = 8;

interface Attribute {
  prefix: number;
  name: Bytes;
  /** Length of the name with its prefix. */
  fullLength: number;
  value: Uint8Array;
}

/** Sets of extended attributes, each stored once; long values that come again are references to their first copy. */
export class XattrTable {
  readonly #stream: MetadataWriter;
  readonly #compress: CompressNow;
  readonly #sets: DigestTable = new DigestTable();
  readonly #values: DigestTable = new DigestTable();
  /** Block position and offset of each value that may be referred to. */
  readonly #valueBlocks: Column = new Column();
  readonly #valueOffsets: Column = new Column();
  readonly #ids: Arena = new Arena();
  /** Attributes whose prefix the format has no number for (`system.posix_acl_access`), which are left out. */
  dropped = 0;

  constructor(compress: CompressNow) {
    this.#compress = compress;
    this.#stream = new MetadataWriter(compress);
  }

  /** How many distinct sets there are. */
  get size(): number {
    return this.#ids.length / XATTR_ID_BYTES;
  }

  /** The index of a set, `NONE_U32` for an empty one. */
  add(xattrs: Readonly<Record<string, Uint8Array>> | undefined, path: string): number {
    if (!xattrs) return NONE_U32;
    const set: Attribute[] = [];
    for (const [name, value] of Object.entries(xattrs)) {
      const prefix = XATTR_PREFIXES.findIndex((each) => name.startsWith(each));
      if (prefix < 0) this.dropped++;
      else set.push(attribute(prefix, name, value, path));
    }
    if (set.length === 0) return NONE_U32;
    // The order of an object's keys must not show in the image.
    set.sort((a, b) => a.prefix - b.prefix || compareBytes(a.name, b.name));
    const digest = setDigest(set);
    const known = this.#sets.get(digest);
    if (known !== undefined) return known;
    const index = this.size;
    this.#write(set);
    this.#sets.set(digest, index);
    return index;
  }

  /** The table's bytes, to be put at `start`, and the position that the superblock names. */
  finish(start: number): { bytes: Bytes; position: number } {
    const stream = this.#stream.finish();
    const ids = encodeTable(this.#ids.view(0, this.#ids.length), start + stream.length, this.#compress);
    const header = new DataView(new ArrayBuffer(XATTR_TABLE_HEADER_BYTES));
    header.setBigUint64(0, BigInt(start), true);
    header.setUint32(8, this.size, true);
    const position = start + stream.length + ids.blocks.length;
    return { bytes: concatBytes([stream, ids.blocks, new Uint8Array(header.buffer), ids.positions]), position };
  }

  #write(set: readonly Attribute[]): void {
    const id = new DataView(new ArrayBuffer(XATTR_ID_BYTES));
    id.setBigUint64(0, (BigInt(this.#stream.blockPosition) << 16n) | BigInt(this.#stream.blockOffset), true);
    id.setUint32(8, set.length, true);
    // What listxattr needs, as mksquashfs counts it: whole names with their NUL, and values.
    let size = 0;
    for (const { fullLength, value } of set) size += fullLength + 1 + value.length;
    id.setUint32(12, size, true);
    for (const each of set) this.#writeAttribute(each);
    this.#ids.push(new Uint8Array(id.buffer));
  }

  #writeAttribute({ prefix, name, value }: Attribute): void {
    const digest = value.length > REFERENCE_BYTES ? digestOf(value) : noBytes;
    const first = digest.length > 0 ? this.#values.get(digest) : undefined;
    const head = new DataView(new ArrayBuffer(4 + name.length));
    head.setUint16(0, prefix | (first === undefined ? 0 : XATTR_OUT_OF_LINE), true);
    head.setUint16(2, name.length, true);
    new Uint8Array(head.buffer).set(name, 4);
    this.#stream.append(new Uint8Array(head.buffer));
    const length = new DataView(new ArrayBuffer(4));
    if (first === undefined) {
      if (digest.length > 0) {
        this.#values.set(digest, this.#valueBlocks.push(this.#stream.blockPosition));
        this.#valueOffsets.push(this.#stream.blockOffset);
      }
      length.setUint32(0, value.length, true);
      this.#stream.append(new Uint8Array(length.buffer));
      this.#stream.append(value);
      return;
    }
    length.setUint32(0, REFERENCE_BYTES, true);
    const reference = new DataView(new ArrayBuffer(REFERENCE_BYTES));
    const position = (BigInt(this.#valueBlocks.get(first)) << 16n) | BigInt(this.#valueOffsets.get(first));
    reference.setBigUint64(0, position, true);
    this.#stream.append(new Uint8Array(length.buffer));
    this.#stream.append(new Uint8Array(reference.buffer));
  }
}

function attribute(prefix: number, fullName: string, value: Uint8Array, path: string): Attribute {
  const shown = JSON.stringify(fullName);
  const name = encodePath(fullName.slice(XATTR_PREFIXES[prefix]!.length));
  const fullLength = XATTR_PREFIXES[prefix]!.length + name.length;
  if (name.length === 0 || name.includes(0)) throw treeInvalid(path, `has the extended attribute ${shown}`);
  if (fullLength > MAX_XATTR_NAME_BYTES) {
    throw treeInvalid(
      path,
      `has an extended attribute whose name takes ${fullLength} bytes`,
      "Linux reads 255 at most",
    );
  }
  if (value.length > MAX_XATTR_VALUE_BYTES) {
    throw treeInvalid(path, `has ${value.length} bytes in ${shown}`, `Linux reads ${MAX_XATTR_VALUE_BYTES} at most`);
  }
  return { prefix, name, fullLength, value };
}

function setDigest(set: readonly Attribute[]): Bytes {
  const hasher = createHasher();
  for (const { prefix, name, value } of set) {
    const head = new DataView(new ArrayBuffer(12));
    head.setUint32(0, prefix, true);
    head.setUint32(4, name.length, true);
    head.setUint32(8, value.length, true);
    hasher.update(new Uint8Array(head.buffer)).update(name).update(value);
  }
  return hasher.digest();
}
