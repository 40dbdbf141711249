/** Files with holes, in the four ways GNU tar has written them (manual, "Storing Sparse Files"). */
import { type Bytes, decodePath } from "../core/index.ts";
import { BLOCK, tarInvalid, tarNumber } from "./tar-header.ts";
import type { PaxRecords } from "./tar-pax.ts";

/** One stretch of data; what lies between stretches is zeros. */
export interface Stretch {
  offset: number;
  length: number;
}

/** A map longer than this is no file system's. */
export const SPARSE_MAP_MAX_BYTES: number = 8 * 2 ** 20;

/** Where the data of a sparse file belongs, and its size with the holes. */
export interface SparseMap {
  stretches: readonly Stretch[];
  sizeBytes: number;
}

const CHUNK_BYTES = 256 * 1024;

function decimal(text: string | undefined, offset: number): number {
  if (text === undefined || !/^\d{1,16}$/.test(text)) throw tarInvalid(offset, "a sparse file has a broken map");
  return Number(text);
}

/** Stretches must ascend, stay inside the file and add up to the bytes in the archive. */
export function checkSparse(map: SparseMap, stored: number, offset: number): SparseMap {
  let at = 0;
  let sum = 0;
  for (const stretch of map.stretches) {
    const end = stretch.offset + stretch.length;
    if (stretch.offset < at || end > map.sizeBytes || !Number.isSafeInteger(end))
      throw tarInvalid(offset, "a sparse file has a map that overlaps or leaves the file");
    at = end;
    sum += stretch.length;
  }
  if (sum !== stored) throw tarInvalid(offset, `a sparse file holds ${stored} bytes, its map ${sum}`);
  return map;
}

function pairs(numbers: readonly number[]): Stretch[] {
  const stretches: Stretch[] = [];
  for (let at = 0; at + 1 < numbers.length; at += 2) stretches.push({ offset: numbers[at]!, length: numbers[at + 1]! });
  return stretches;
}

/** What pax records say of a sparse file. */
export interface PaxSparse {
  /** Versions 0.0 and 0.1: the map itself. Version 1.0: undefined, the map leads the content. */
  stretches: readonly Stretch[] | undefined;
  sizeBytes: number;
  name: Bytes | undefined;
}

/** Versions 0.0 (repeated records), 0.1 (one list) and 1.0 (map in the content); undefined where the file is whole. */
export function paxSparse(records: PaxRecords, offset: number): PaxSparse | undefined {
  const last = new Map(records);
  const value = (key: string): string | undefined => {
    const bytes = last.get(key);
    return bytes && decodePath(bytes);
  };
  const name = last.get("GNU.sparse.name");
  const major = value("GNU.sparse.major");
  if (major !== undefined) {
    if (major === "1" && value("GNU.sparse.minor") === "0")
      return { stretches: undefined, sizeBytes: decimal(value("GNU.sparse.realsize"), offset), name };
    if (major !== "0") throw tarInvalid(offset, `a sparse file of unknown version ${major}`);
  }
  const size = value("GNU.sparse.size") ?? value("GNU.sparse.realsize");
  if (size === undefined) return undefined;
  const list = value("GNU.sparse.map");
  const numbers: number[] = [];
  if (list !== undefined) {
    if (list !== "") for (const part of list.split(",")) numbers.push(decimal(part, offset));
  } else {
    for (const [key, bytes] of records) {
      const isOffset = key === "GNU.sparse.offset";
      if (!isOffset && key !== "GNU.sparse.numbytes") continue;
      if (isOffset !== (numbers.length % 2 === 0)) throw tarInvalid(offset, "a sparse file has a broken map");
      numbers.push(decimal(decodePath(bytes), offset));
    }
  }
  const count = value("GNU.sparse.numblocks");
  if (numbers.length % 2 !== 0 || (count !== undefined && decimal(count, offset) !== numbers.length / 2))
    throw tarInvalid(offset, "a sparse file has a broken map");
  return { stretches: pairs(numbers), sizeBytes: decimal(size, offset), name };
}

/** Old GNU (`S`): the pairs of one header or extension block; a pair without length ends them. */
export function oldGnuPairs(block: Bytes, at: number, count: number, offset: number): Stretch[] {
  const stretches: Stretch[] = [];
  for (let pair = 0; pair < count; pair++, at += 24) {
    if (block[at] === 0 && block[at + 12] === 0) break;
    stretches.push({
      offset: tarNumber(block, at, 12, offset, "sparse map"),
      length: tarNumber(block, at + 12, 12, offset, "sparse map"),
    });
  }
  return stretches;
}

/** Version 1.0: decimal lines, the count first, padded to whole blocks; says how many bytes of content they took. */
export async function leadingMap(
  read: (count: number) => Promise<Bytes>,
  stored: number,
  offset: number,
): Promise<{ stretches: Stretch[]; bytes: number }> {
  const numbers: number[] = [];
  let wanted = 1;
  let line = "";
  let bytes = 0;
  while (numbers.length < wanted) {
    if (bytes >= stored || bytes >= SPARSE_MAP_MAX_BYTES) throw tarInvalid(offset, "a sparse file has a broken map");
    const block = await read(BLOCK);
    if (block.length < BLOCK) throw tarInvalid(offset, "the archive ends in the map of a sparse file");
    bytes += BLOCK;
    for (let at = 0; at < BLOCK && numbers.length < wanted; at++) {
      if (block[at] !== 0x0a) {
        line += String.fromCharCode(block[at]!);
        if (line.length > 20) throw tarInvalid(offset, "a sparse file has a broken map");
        continue;
      }
      numbers.push(decimal(line, offset));
      line = "";
      if (numbers.length === 1) wanted = 1 + numbers[0]! * 2;
    }
  }
  return { stretches: pairs(numbers.slice(1)), bytes };
}

/** The whole content of a sparse file, holes as zeros. */
export async function* fillHoles(map: SparseMap, data: AsyncGenerator<Bytes>): AsyncGenerator<Bytes, void, void> {
  let at = 0;
  function* zeros(end: number): Generator<Bytes, void, void> {
    for (; at < end; ) {
      const bytes = new Uint8Array(Math.min(CHUNK_BYTES, end - at));
      at += bytes.length;
      yield bytes;
    }
  }
  try {
    let rest: Bytes = new Uint8Array(0);
    for (const { offset, length } of map.stretches) {
      yield* zeros(offset);
      for (const end = offset + length; at < end; ) {
        if (rest.length === 0) {
          const next = await data.next();
          if (next.done) return; // its own size check has thrown
          rest = next.value;
        }
        const part = rest.subarray(0, end - at);
        rest = rest.subarray(part.length);
        at += part.length;
        yield part;
      }
    }
    yield* zeros(map.sizeBytes);
  } finally {
    await data.return(undefined);
  }
}
