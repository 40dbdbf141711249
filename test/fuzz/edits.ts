import { deflateSync } from "node:zlib";
import type { Field } from "../squashfs/field-map.ts";
import { type Edit, encode, fieldValue, type Seed } from "./mutate.ts";

export function field(seed: Seed, name: string, index = 0): Field {
  const found = seed.fields?.find((candidate) => candidate.name === name && candidate.index === index);
  if (!found) throw new Error(`the seed ${seed.name} has no field ${name} ${index}`);
  return found;
}

/** Sets a field by name. */
export function set(name: string, value: number | bigint, index = 0): (seed: Seed) => Edit[] {
  return (seed) => {
    const { offset, width } = field(seed, name, index);
    return [{ offset, hex: encode(value, width) }];
  };
}

/** Sets one byte inside a field. */
export function setByte(name: string, at: number, value: number, index = 0): (seed: Seed) => Edit[] {
  return (seed) => [{ offset: field(seed, name, index).offset + at, hex: encode(value, 1) }];
}

/** Copies one field over another. */
export function copy(name: string, from: number, to: number): (seed: Seed) => Edit[] {
  return (seed) => [
    {
      offset: field(seed, name, to).offset,
      hex: encode(fieldValue(seed.bytes, field(seed, name, from)), field(seed, name, to).width),
    },
  ];
}

export const both = (...changes: ((seed: Seed) => Edit[])[]): ((seed: Seed) => Edit[]) => {
  return (seed) => changes.flatMap((change) => change(seed));
};

/** Index of the first of a kind of field for which a test holds. */
export function where(seed: Seed, name: string, holds: (value: bigint) => boolean): number {
  return seed.fields!.find((candidate) => candidate.name === name && holds(fieldValue(seed.bytes, candidate)))!.index;
}

/** Puts a zlib stream of `bytes` zeros where a block is stored as it is, and says that it is compressed. */
export function inflatesTo(bytes: number, offset: number, header: Edit): Edit[] {
  return [{ offset, hex: deflateSync(Buffer.alloc(bytes)).toString("hex") }, header];
}

/** The inode table's first block, as one that expands to `bytes`. */
export const inodesExpandTo =
  (bytes: number) =>
  (seed: Seed): Edit[] => {
    const header = field(seed, "metadata.header");
    const length = Number(fieldValue(seed.bytes, header)) - 0x8000;
    return inflatesTo(bytes, header.offset + 2, { offset: header.offset, hex: encode(length, 2) });
  };

/** The first data block that is stored as it is, as one that expands to `bytes`. */
export const blockExpandsTo =
  (bytes: number | "garbage") =>
  (seed: Seed): Edit[] => {
    // The file whose content is exactly one block, stored as it is.
    const index = where(seed, "inode.file.size", (size) => size === 4096n);
    const start = field(seed, "inode.file.start", index);
    const word = seed.fields!.find(({ name, offset }) => name === "inode.word" && offset > start.offset)!;
    const header = { offset: word.offset, hex: encode(fieldValue(seed.bytes, word) & 0xffffffn, 4) };
    return bytes === "garbage" ? [header] : inflatesTo(bytes, Number(fieldValue(seed.bytes, start)), header);
  };

export const fragmentExpandsTo =
  (bytes: number | "garbage") =>
  (seed: Seed): Edit[] => {
    const word = field(seed, "fragment.word");
    const start = Number(fieldValue(seed.bytes, field(seed, "fragment.start")));
    const header = { offset: word.offset, hex: encode(fieldValue(seed.bytes, word) & 0xffffffn, 4) };
    return bytes === "garbage" ? [header] : inflatesTo(bytes, start, header);
  };

/** Offset after the patterns, each looked for after the one before. */
export function after(seed: Seed, ...patterns: readonly string[]): number {
  let from = 0;
  for (const pattern of patterns) {
    const at = Buffer.from(seed.bytes).indexOf(Buffer.from(pattern, "hex"), from);
    if (at < 0) throw new Error(`the seed ${seed.name} has no ${pattern}`);
    from = at + pattern.length / 2;
  }
  return from;
}

/** Which of the directory entries has a name. */
export function entryNamed(seed: Seed, text: string): number {
  const hex = Buffer.from(text).toString("hex");
  const found = seed.fields!.find(
    ({ name, offset, width }) =>
      name === "entry.name" && Buffer.from(seed.bytes.subarray(offset, offset + width)).toString("hex") === hex,
  );
  if (!found) throw new Error(`the seed ${seed.name} has no entry ${text}`);
  return found.index;
}

/** No table. */
export const NONE64 = 0xffffffffffffffffn;
