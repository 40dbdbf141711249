import type { Field } from "../squashfs/field-map.ts";

/** Reproducible random numbers (mulberry32). */
export interface Random {
  /** A whole number from 0 to `below` - 1. */
  below(below: number): number;
  pick<T>(items: readonly T[]): T;
  chance(of: number): boolean;
}

/** The numbers of one case: nothing but its number and the seed decides. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { below, pick: (items) => items[below(items.length)]!, chance: (of) => below(of) === 0 };
}

/** A change: bytes at an offset; or the length of the file. */
export type Edit = { offset: number; hex: string } | { length: number };

export interface Seed {
  name: string;
  bytes: Uint8Array;
  /** Known where the tables are not compressed. */
  fields: readonly Field[] | undefined;
}

/** The image with the edits. */
export function applyEdits(image: Uint8Array, edits: readonly Edit[]): Uint8Array<ArrayBuffer> {
  let bytes = new Uint8Array(image);
  for (const edit of edits) {
    if ("length" in edit) {
      const resized = new Uint8Array(edit.length);
      resized.set(bytes.subarray(0, edit.length));
      bytes = resized;
    } else if (edit.offset < bytes.length)
      bytes.set(Buffer.from(edit.hex, "hex").subarray(0, bytes.length - edit.offset), edit.offset);
  }
  return bytes;
}

/** Little-endian bytes of a number in a field. */
export function encode(value: number | bigint, width: number): string {
  const bytes = Buffer.alloc(width);
  let rest = BigInt.asUintN(64, BigInt(value));
  for (let at = 0; at < Math.min(width, 8); at++) {
    bytes[at] = Number(rest & 255n);
    rest >>= 8n;
  }
  return bytes.toString("hex");
}

export function fieldValue(image: Uint8Array, field: Field): bigint {
  let value = 0n;
  for (let at = Math.min(field.width, 8) - 1; at >= 0; at--) value = (value << 8n) | BigInt(image[field.offset + at]!);
  return value;
}

const EDGES: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  4n,
  7n,
  8n,
  15n,
  16n,
  95n,
  96n,
  255n,
  256n,
  4095n,
  4096n,
  4097n,
  8191n,
  8192n,
  8193n,
  32767n,
  32768n,
  65535n,
  65536n,
  131072n,
  1n << 20n,
  (1n << 20n) + 1n,
  1n << 24n,
  (1n << 24n) + 1n,
  1n << 25n,
  0x7fffffffn,
  0x80000000n,
  0xfffffffen,
  0xffffffffn,
  1n << 32n,
  1n << 47n,
  1n << 53n,
  (1n << 62n) + 5n,
  0xffffffffffffffffn,
];

/** One field changed to something that a parser may stumble on. */
function mutateField(seed: Seed, random: Random): Edit {
  const fields = seed.fields!;
  // Kinds are equally likely, however many there are of each.
  const names = [...new Set(fields.map(({ name }) => name))];
  const name = random.pick(names);
  const field = random.pick(fields.filter((candidate) => candidate.name === name));
  const value = fieldValue(seed.bytes, field);
  let next: bigint;
  switch (random.below(6)) {
    case 0:
      next = random.pick(EDGES);
      break;
    case 1:
      next = value + BigInt(random.below(5) - 2);
      break;
    case 2:
      next = fieldValue(seed.bytes, random.pick(fields.filter((other) => other.name === field.name)));
      break;
    case 3:
      next = value ^ (1n << BigInt(random.below(Math.min(field.width, 8) * 8)));
      break;
    case 4:
      next = fieldValue(seed.bytes, random.pick(fields.filter((other) => other.width === field.width)));
      break;
    default:
      next = BigInt(random.below(2 ** 31)) * BigInt(random.below(2 ** 31));
  }
  // A name or a value: one byte of it.
  if (field.width > 8) {
    const at = random.below(field.width);
    return { offset: field.offset + at, hex: encode(BigInt(random.pick([0, 0x2e, 0x2f, 0xff, random.below(256)])), 1) };
  }
  return { offset: field.offset, hex: encode(next, field.width) };
}

function mutateBytes(seed: Seed, random: Random): Edit {
  const { bytes } = seed;
  // Half of the changes go to the superblock or near the tables at the end of the data.
  const used = Number(new DataView(bytes.buffer, bytes.byteOffset, 96).getBigUint64(40, true));
  const offset = random.chance(4) ? random.below(96) : random.below(used);
  switch (random.below(5)) {
    case 0:
      return { offset, hex: encode(BigInt(bytes[offset]! ^ (1 << random.below(8))), 1) };
    case 1:
      return { offset, hex: encode(BigInt(random.below(256)), 1) };
    case 2: {
      const width = random.pick([2, 4, 8]);
      return { offset, hex: encode(random.pick(EDGES), width) };
    }
    case 3: {
      // A piece of the image over another: blocks and entries that are valid, where they do not belong.
      const length = 1 + random.below(64);
      const from = random.below(used - Math.min(length, used - 1));
      return { offset, hex: Buffer.from(bytes.subarray(from, from + length)).toString("hex") };
    }
    default:
      return random.chance(3)
        ? { length: random.below(bytes.length) }
        : {
            offset,
            hex: Buffer.from(Array.from({ length: 1 + random.below(16) }, () => random.below(256))).toString("hex"),
          };
  }
}

/** One to four changes; of fields, where they are known. */
export function mutate(seed: Seed, random: Random): Edit[] {
  const count = random.pick([1, 1, 1, 2, 2, 3, 4]);
  return Array.from({ length: count }, () =>
    seed.fields && !random.chance(6) ? mutateField(seed, random) : mutateBytes(seed, random),
  );
}
