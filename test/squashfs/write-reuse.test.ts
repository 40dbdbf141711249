import { deflateSync, inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type ByteSource, type Bytes, PvError } from "../../src/core/index.ts";
import { crc32 } from "../../src/core/internal.ts";
import type { TreeEntry } from "../../src/tree/index.ts";
import type { SquashfsOptions } from "../../src/wasm-squashfs/index.ts";
import { file, noise, pack, prose, randomFrom, treeOf, unpackImage } from "./write-helpers.ts";

/** A tree of small and large files; `edit` changes some, their lengths too. */
function tree(edit?: (at: number) => boolean): ReturnType<typeof treeOf> {
  const random = randomFrom(3);
  const entries: TreeEntry[] = [];
  for (let at = 0; at < 150; at++) {
    const size = at % 15 === 3 ? 150_000 + random(400_000) : 1 + random(20_000);
    const bytes = at % 7 === 0 ? noise(size, at) : prose(size, at);
    const changed = edit?.(at)
      ? new Uint8Array([...bytes.subarray(0, size >> 1), 1, 2, 3, ...bytes.subarray(size >> 1)])
      : bytes;
    entries.push(file(`folder-${Math.floor(at / 20)}/file-${at}`, changed));
  }
  return treeOf(...entries);
}

const every20th = (at: number): boolean => at % 20 === 11;
const ways: [string, SquashfsOptions][] = [
  ["gzip", {}],
  ["gzip, stable", { fragments: "stable" }],
  ["gzip 9, 64 KiB", { level: 9, blockSizeBytes: 65536 }],
  ["portable", { portable: true, level: 3 }],
  ["zstd", { compressor: "zstd", level: 5, portable: true }],
  ["xz", { compressor: "xz", level: 1 }],
  ["lz4", { compressor: "lz4", level: 4 }],
  ["none", { compressor: "none" }],
];

describe("reuse", () => {
  it.each(ways)("changes the time, not a byte: %s", async (_, options) => {
    const { image: previous } = await pack(tree(), options);
    const cold = await pack(tree(every20th), options);
    const warm = await pack(tree(every20th), { ...options, reuse: previous });
    expect(warm.result).toEqual({ ...cold.result, reusedBytes: warm.result.reusedBytes });
    expect(warm.image).toEqual(cold.image);
    expect(cold.result.reusedBytes).toBe(0);
    expect(warm.result.reusedBytes).toBeGreaterThan(cold.image.length * 0.5);

    const same = await pack(tree(), { ...options, reuse: previous });
    expect(same.image).toEqual(previous);
    expect(same.result.reusedBytes).toBeGreaterThan(previous.length * 0.95);
  });

  it("finds content that moved to another path", async () => {
    const big = prose(900_000);
    const { image: previous } = await pack(treeOf(file("old/name", big)));
    const moved = await pack(treeOf(file("first", prose(5000, 2)), file("new/place", big)), { reuse: previous });
    expect(moved.result.reusedBytes).toBeGreaterThan(100_000);
    expect(moved.image).toEqual((await pack(treeOf(file("first", prose(5000, 2)), file("new/place", big)))).image);
  });

  it("does not count what a copy took over and gave back", async () => {
    const big = prose(900_000);
    const { image: previous } = await pack(treeOf(file("a", big)));
    const one = await pack(treeOf(file("a", big)), { reuse: previous });
    const two = await pack(treeOf(file("a", big), file("b", big), file("c", big)), { reuse: previous });
    expect(two.result.reusedBytes).toBe(one.result.reusedBytes);
  });

  it("takes nothing from an image that was made otherwise", async () => {
    const cold = await pack(tree());
    const others: SquashfsOptions[] = [
      { level: 5 },
      { level: 7 },
      { level: 9 },
      { portable: true },
      { blockSizeBytes: 65536 },
      { compressor: "lz4" },
      { compressor: "none" },
    ];
    for (const options of others) {
      const { image: previous } = await pack(tree(), options);
      const warm = await pack(tree(), { reuse: previous });
      expect(warm.result.reusedBytes).toBe(0);
      expect(warm.image).toEqual(cold.image);
    }
  });

  it("takes nothing from what is no image, or a broken one", async () => {
    const cold = await pack(tree());
    const cut = cold.image.slice(0, 20_000);
    for (const reuse of [new Uint8Array(0), noise(10), noise(50_000), cut, cold.image.subarray(0, 96), new Blob([])]) {
      const warm = await pack(tree(), { reuse });
      expect(warm.result.reusedBytes).toBe(0);
      expect(warm.image).toEqual(cold.image);
    }
  });

  it("leaves a source that cannot be read an error, and closes one that can", async () => {
    const fail = async (): Promise<never> => {
      throw new PvError("FILE_FAILED", "gone", { path: "x", reason: "ENOENT" });
    };
    await expect(pack(tree(), { reuse: { size: fail, read: fail } })).rejects.toMatchObject({ code: "FILE_FAILED" });

    const { image } = await pack(tree());
    let closed = 0;
    const source: ByteSource = {
      size: async () => image.length,
      read: async (offset, length) => image.slice(offset, offset + length),
      close: async () => void closed++,
    };
    await pack(tree(), { reuse: source });
    expect(closed).toBe(1);
    await pack(tree(), { reuse: source, level: 1 });
    expect(closed).toBe(2);
  });

  it("keeps fragments through edits when they are stable", async () => {
    const edit = (at: number): boolean => at === 20 || at === 70;
    const stable = { fragments: "stable" } as const;
    const { image: before } = await pack(tree(), stable);
    const after = await pack(tree(edit), { ...stable, reuse: before });
    const lost = after.image.length - after.result.reusedBytes;
    expect(lost).toBeLessThan(after.image.length * 0.1);
    expect(after.image.length).toBeLessThan((await pack(tree(edit))).image.length * 1.04);
  });
});

/** A forged image: one block's stored bytes replaced, with the index and its sums made to fit. */
function forge(image: Bytes, change: (stored: Bytes) => Uint8Array | undefined): Bytes {
  const out = image.slice();
  const view = new DataView(out.buffer);
  const options = view.getUint16(24, true) & 0x400 ? 2 + (view.getUint16(96, true) & 0x7fff) : 0;
  const note = 96 + options;
  const index = Number(view.getBigUint64(note + 40, true));
  const count = view.getUint32(note + 48, true);
  let position = note + 56;
  let forged = 0;
  for (let at = index; at < index + count * 12; at += 12) {
    const word = view.getUint32(at, true);
    const length = word & 0xffffff;
    if (word < 2 ** 24) {
      const other = change(out.slice(position, position + length));
      if (other?.length === length) {
        out.set(other, position);
        view.setUint32(at + 4, crc32(other), true);
        forged++;
      }
    }
    position += length;
  }
  expect(forged).toBeGreaterThan(0);
  view.setUint32(note + 52, crc32(out.subarray(index, index + count * 12)), true);
  return out;
}

describe("a hostile previous image", () => {
  it("cannot bring in other content, whatever its index says", async () => {
    const { image } = await pack(tree());
    const cold = await pack(tree());
    // Another valid stream of the same length, with other content.
    const forged = forge(image, (stored) => {
      const content = inflateSync(stored);
      content[content.length >> 1]! ^= 1;
      const other = deflateSync(content, { level: 6 });
      return other.length === stored.length ? new Uint8Array(other) : undefined;
    });
    const warm = await pack(tree(), { reuse: forged });
    const contents = (bytes: Bytes): Promise<unknown> =>
      unpackImage(bytes).then((seen) => [...seen.values()].map((entry) => entry.content));
    expect(await contents(warm.image)).toEqual(await contents(cold.image));
    expect(warm.image).toEqual(cold.image);
  });

  it("is not taken for ours when a block is damaged", async () => {
    const { image } = await pack(tree());
    const damaged = image.slice();
    for (let at = 500; at < damaged.length - 40_000; at += 3000) damaged[at]! ^= 0x55;
    expect((await pack(tree(), { reuse: damaged })).image).toEqual(image);
  });

  it("does no harm with any bytes of note and index", { timeout: 120_000 }, async () => {
    const small = (): ReturnType<typeof treeOf> =>
      treeOf(file("a", prose(200_000)), file("b", prose(30_000, 2)), file("c", noise(150_000, 3)));
    const { image, view } = await pack(small());
    const note = 96 + 10;
    const index = Number(view.getBigUint64(note + 40, true));
    const count = view.getUint32(note + 48, true);
    const random = randomFrom(11);
    for (let round = 0; round < 60; round++) {
      const hostile = image.slice();
      for (let changes = 1 + random(4); changes > 0; changes--) {
        const at = random(3) === 0 ? note + 8 + random(48) : index + random(count * 12);
        hostile[at] = [0, 0xff, 0x80, random(256)][random(4)]!;
      }
      // The sum fits, so that what it guards is looked at.
      const bytes = new DataView(hostile.buffer);
      const length = bytes.getUint32(note + 48, true) * 12;
      const start = Number(bytes.getBigUint64(note + 40, true));
      if (start + length <= hostile.length) {
        bytes.setUint32(note + 52, crc32(hostile.subarray(start, start + length)), true);
      }
      const warm = await pack(small(), { reuse: hostile });
      const seen = await unpackImage(warm.image);
      expect(seen.get("a")!.content).toEqual(prose(200_000));
      expect(seen.get("b")!.content).toEqual(prose(30_000, 2));
      expect(seen.get("c")!.content).toEqual(noise(150_000, 3));
    }
  });
});
