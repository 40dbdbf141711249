import { type Bytes, decodePath } from "../../core/index.ts";
import {
  MAX_XATTR_NAME_BYTES,
  MAX_XATTR_VALUE_BYTES,
  METADATA_BYTES,
  XATTR_OUT_OF_LINE,
  XATTR_PREFIXES,
} from "../format.ts";
import { invalid } from "./checks.ts";
import type { Image } from "./image.ts";
import { MetadataCursor, type MetadataTable } from "./metadata.ts";

/** Extended attributes of an inode by full name. */
export type Xattrs = Readonly<Record<string, Uint8Array>>;

/** Linux' `XATTR_LIST_MAX`: names with their NULs. */
const MAX_LIST_BYTES = 65536;
/** Values of one inode; Linux knows no bound, no file system comes near. */
const MAX_VALUES_BYTES = 4 * 2 ** 20;
/** Length and reference of a value that is stored elsewhere. */
const REFERENCE_BYTES = 8;
const KEY_HEADER_BYTES = 4;

const viewOf = (bytes: Bytes): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** A reference: offset in the lowest 16 bits, position in the table above. */
function reference(view: DataView, at: number): { block: number; offset: number } {
  return {
    block: view.getUint16(at + 2, true) + view.getUint32(at + 4, true) * 2 ** 16,
    offset: view.getUint16(at, true),
  };
}

async function readValue(cursor: MetadataCursor): Promise<Bytes> {
  const length = viewOf(await cursor.take(4)).getUint32(0, true);
  if (length > MAX_XATTR_VALUE_BYTES) throw invalid("xattr-value", cursor.position, `${length} bytes`);
  return (await cursor.take(length)).slice();
}

/** A cursor at a reference into the names and values; `at` is where the reference stands. */
function seek(table: MetadataTable, to: { block: number; offset: number }, at: number): MetadataCursor {
  if (to.offset >= METADATA_BYTES || table.start + to.block >= table.end)
    throw invalid("xattr-reference", at, `${to.block}:${to.offset}`);
  return new MetadataCursor(table, to.block, to.offset);
}

/** Reads the set that an inode's xattr index names; `position` is the inode's, for errors. */
export async function readXattrs(image: Image, index: number, position: number): Promise<Xattrs> {
  const { xattrIds, xattrs } = image.layout;
  if (!xattrIds || !xattrs || index >= xattrIds.count)
    throw invalid("xattr-index", position, `${index} of ${xattrIds?.count ?? 0}`);
  const entry = await xattrIds.entry(index);
  const count = entry.getUint32(8, true);
  const cursor = seek(xattrs, reference(entry, 0), position);
  const found: Record<string, Uint8Array> = {};
  // Values stored once and shared within the set are read once.
  const shared = new Map<string, Bytes>();
  let listBytes = 0;
  let valueBytes = 0;
  for (let left = count; left > 0; left--) {
    const at = cursor.position;
    const head = viewOf(await cursor.take(KEY_HEADER_BYTES));
    const type = head.getUint16(0, true);
    const length = head.getUint16(2, true);
    const prefix = XATTR_PREFIXES[type & 0xff];
    if (prefix === undefined || (type & ~XATTR_OUT_OF_LINE) > 0xff)
      throw invalid("xattr-type", at, `0x${type.toString(16)}`);
    if (length === 0 || prefix.length + length > MAX_XATTR_NAME_BYTES)
      throw invalid("xattr-name", at, `${length} bytes`);
    const suffix = await cursor.take(length);
    if (suffix.includes(0)) throw invalid("xattr-name", at);
    const name = prefix + decodePath(suffix);
    if (Object.hasOwn(found, name)) throw invalid("xattr-duplicate", at);
    listBytes += prefix.length + length + 1;
    if (listBytes > MAX_LIST_BYTES) throw invalid("xattr-size", at, `${listBytes} bytes of names`);

    if ((type & XATTR_OUT_OF_LINE) === 0) found[name] = await readValue(cursor);
    else {
      const size = viewOf(await cursor.take(4)).getUint32(0, true);
      if (size !== REFERENCE_BYTES) throw invalid("xattr-reference", at, `${size} bytes`);
      const to = reference(viewOf(await cursor.take(REFERENCE_BYTES)), 0);
      const key = `${to.block}:${to.offset}`;
      let value = shared.get(key);
      // One step only: what a reference points at is a value, which cannot point on.
      if (!value) shared.set(key, (value = await readValue(seek(xattrs, to, at))));
      found[name] = value;
    }
    valueBytes += found[name]!.length;
    if (valueBytes > MAX_VALUES_BYTES) throw invalid("xattr-size", at, `${valueBytes} bytes of values`);
  }
  return found;
}
