import type { Bytes } from "../core/index.ts";
import { isZero } from "../core/internal.ts";
import { BLOCK, decodeHeader, type TarHeader, tarInvalid } from "./tar-header.ts";
import type { TarInput } from "./tar-input.ts";
import { type PaxRecords, parsePax } from "./tar-pax.ts";

/** Extended headers of one member that are larger than this, all together, are an attack. */
const META_MAX_BYTES = 8 * 2 ** 20;
/** Global records go with every member, so what they may hold is small. */
const GLOBAL_MAX_BYTES = 256 * 1024;
const GLOBAL_MAX_RECORDS = 1000;

/** One member with everything that extensions say of it. */
export interface Member {
  header: TarHeader;
  block: Bytes;
  offset: number;
  records: PaxRecords;
  name: Bytes;
  link: Bytes;
}

async function meta(input: TarInput, size: number, offset: number, most: number): Promise<Bytes> {
  if (size > most) throw tarInvalid(offset, `extended headers of more than ${most} bytes`);
  const bytes = await input.read(size);
  if (bytes.length < size) throw tarInvalid(input.position, "the archive ends within an extended header");
  await skipTo(input, offset + BLOCK + padded(size));
  return bytes;
}

/** Content with its padding to whole blocks. */
export function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

/** Goes on to `position`, which must be there. */
export async function skipTo(input: TarInput, position: number, path?: string): Promise<void> {
  if ((await input.seek(position)) < position)
    throw tarInvalid(input.position, "the archive ends within a member", path);
}

function withoutNul(bytes: Bytes): Bytes {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

function takeGlobals(globals: Map<string, Bytes>, records: PaxRecords, offset: number): void {
  for (const [key, value] of records) {
    if (value.length === 0) globals.delete(key);
    else globals.set(key, value);
  }
  let size = 0;
  for (const [key, value] of globals) size += key.length + value.length;
  if (size > GLOBAL_MAX_BYTES) throw tarInvalid(offset, `global headers of more than ${GLOBAL_MAX_BYTES} bytes`);
  if (globals.size > GLOBAL_MAX_RECORDS) throw tarInvalid(offset, `more than ${GLOBAL_MAX_RECORDS} global records`);
}

/**
 * The next member, its extension headers read and put together; undefined at the end mark, or where the content ends
 * between members if no mark is asked for.
 */
export async function nextMember(
  input: TarInput,
  globals: Map<string, Bytes>,
  unmarked: boolean,
): Promise<Member | undefined> {
  const records: (readonly [string, Bytes])[] = [];
  let longName: Bytes | undefined;
  let longLink: Bytes | undefined;
  let left = META_MAX_BYTES;
  for (;;) {
    const offset = input.position;
    const block = await input.read(BLOCK);
    if (block.length < BLOCK) {
      if (unmarked && block.length === 0 && left === META_MAX_BYTES) return undefined;
      const empty = offset === 0 && block.length === 0;
      const what = empty ? "the archive is empty" : "the archive ends without its end mark";
      throw tarInvalid(offset + block.length, what, undefined, "it may have been cut short");
    }
    if (isZero(block)) {
      if (left < META_MAX_BYTES) throw tarInvalid(offset, "the archive ends behind an extended header");
      return undefined;
    }
    const header = decodeHeader(block, offset);
    const { size, type } = header;
    if (size < 0) throw tarInvalid(offset, "a member has a negative size");
    if (type === "V")
      await skipTo(input, offset + BLOCK + padded(size)); // the name of a tape
    else if (type === "g")
      takeGlobals(globals, parsePax(await meta(input, size, offset, GLOBAL_MAX_BYTES), offset), offset);
    else if (type === "x" || type === "X" || type === "L" || type === "K") {
      const bytes = await meta(input, size, offset, left);
      left -= Math.max(BLOCK, size);
      if (type === "L") longName = withoutNul(bytes);
      else if (type === "K") longLink = withoutNul(bytes);
      else for (const record of parsePax(bytes, offset)) records.push(record); // "X" is Solaris'
    } else {
      // Records of this member come behind the global ones, so that the last of a key is the one that counts.
      const all = globals.size > 0 ? [...globals, ...records] : records;
      return { header, block, offset, records: all, name: longName ?? header.name, link: longLink ?? header.link };
    }
  }
}
