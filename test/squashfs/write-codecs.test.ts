import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Bytes } from "../../src/core/index.ts";
import { concatBytes } from "../../src/core/internal.ts";
import { gzipCompressor } from "../../src/wasm-squashfs/compressors/gzip.ts";
import { fastLz4, optimalLz4 } from "../../src/wasm-squashfs/compressors/lz4-encode.ts";
import { withDictionary, xzCompressor } from "../../src/wasm-squashfs/compressors/xz.ts";
import { zstdCompressor } from "../../src/wasm-squashfs/compressors/zstd.ts";
import type { SquashfsOptions } from "../../src/wasm-squashfs/index.ts";
import { decodeLz4 } from "../../src/wasm-squashfs/reader/decoders/lz4.ts";
import { measureXz } from "../../src/wasm-squashfs/reader/decoders/xz.ts";
import { file, noise, pack, prose, randomFrom, treeOf, unpackImage } from "./write-helpers.ts";

const contents: Record<string, Bytes> = {
  empty: new Uint8Array(0),
  small: prose(900),
  large: concatBytes([prose(300_000, 2), noise(200_000), prose(5, 3)]),
  noise: noise(140_000, 4),
  zeros: new Uint8Array(400_000),
};
const tree = (): ReturnType<typeof treeOf> =>
  treeOf(...Object.entries(contents).map(([path, bytes]) => file(path, bytes)));

const ids = { gzip: 1, none: 1, xz: 4, lz4: 5, zstd: 6 };
const ways: SquashfsOptions[] = [];
for (const level of [1, 2, 3, 4, 5, 6, 7, 8, 9]) ways.push({ level }, { level, portable: true });
for (const level of [1, 3, 15, 22])
  ways.push({ compressor: "zstd", level }, { compressor: "zstd", level, portable: true });
for (const level of [0, 3, 6, 9]) ways.push({ compressor: "xz", level }, { compressor: "xz", level, portable: true });
for (const level of [1, 2, 3, 6, 9, 12]) ways.push({ compressor: "lz4", level });
ways.push({ compressor: "none" });
for (const compressor of ["gzip", "zstd", "xz", "lz4"] as const) {
  for (const blockSizeBytes of [4096, 65536, 1_048_576]) ways.push({ compressor, blockSizeBytes });
}

describe("every compressor", () => {
  it.each(ways)("writes what the reader reads: %o", async (options) => {
    const { image, view } = await pack(tree(), options);
    const compressor = options.compressor ?? "gzip";
    expect(view.getUint16(20, true)).toBe(ids[compressor]);
    expect(view.getUint32(12, true)).toBe(options.blockSizeBytes ?? 131_072);
    const usual = { gzip: 9, zstd: 15, xz: options.level, lz4: undefined, none: undefined }[compressor];
    const level = options.level ?? { gzip: 6, zstd: 15, xz: undefined, lz4: 6, none: undefined }[compressor];
    expect((view.getUint16(24, true) & 0x400) !== 0).toBe(compressor === "lz4" || level !== usual);
    if (compressor === "gzip" && level !== 9)
      expect([...image.subarray(96, 106)]).toEqual([8, 128, level, 0, 0, 0, 15, 0, 1, 0]);
    if (compressor === "lz4")
      expect([...image.subarray(96, 106)]).toEqual([8, 128, 1, 0, 0, 0, level! < 3 ? 0 : 1, 0, 0, 0]);
    const seen = await unpackImage(image);
    for (const [path, bytes] of Object.entries(contents)) expect(seen.get(path)!.content).toEqual(bytes);
    expect((await pack(tree(), options)).image).toEqual(image);
  });
});

describe("deflate of the runtime", () => {
  it("does not depend on what its streams did before", { timeout: 120_000 }, async () => {
    const random = randomFrom(5);
    for (const level of [1, 3, 6, 9]) {
      const compressor = await gzipCompressor({ compressor: "gzip", level, blockSizeBytes: 131_072 }, false);
      // All at once, in whatever order they get their streams.
      const blocks = Array.from({ length: 60 }, (_, at) => {
        const length = random(3) === 0 ? 131_072 : 1 + random(131_072);
        const parts = [prose(length >> 1, at), noise(200, at), prose(length, at + 1)];
        return concatBytes(parts).slice(0, length);
      });
      const packed = await Promise.all(
        blocks.map(async (block) => {
          const into = new Uint8Array(block.length);
          return into.subarray(0, await compressor.compress(block, into));
        }),
      );
      for (const [at, block] of blocks.entries()) {
        const expected = deflateSync(block, { level });
        if (expected.length < block.length) expect(Buffer.from(packed[at]!).equals(expected)).toBe(true);
        else expect(packed[at]!.length).toBeGreaterThanOrEqual(block.length);
      }
    }
  });
});

describe("zstd", () => {
  it("has one frame with its content's size, and is the same from Node and from WebAssembly", async () => {
    const settings = { compressor: "zstd", level: 15, blockSizeBytes: 131_072 } as const;
    const [native, wasm] = [await zstdCompressor(settings, false), await zstdCompressor(settings, true)];
    for (const block of [prose(131_072), prose(70_000, 2), noise(3000), prose(1_048_576, 3)]) {
      const [one, two] = [native.compressNow(block), wasm.compressNow(block)];
      expect(Buffer.from(one).equals(two)).toBe(true);
      // RFC 8878: single segment, so that the window is the content's size.
      expect(one[4]! & 0x20).toBe(0x20);
      const into = new Uint8Array(block.length + 1000);
      const length = await native.compress(block, into);
      if (length < block.length) expect(Buffer.from(into.subarray(0, length)).equals(one)).toBe(true);
    }
  });
});

describe("xz", () => {
  it.each([4096, 131_072, 1_048_576])("asks for no larger dictionary than the kernel has: %i", async (blockSize) => {
    for (const portable of [false, true]) {
      for (const level of [0, 2, 6, 9]) {
        const compressor = await xzCompressor({ compressor: "xz", level, blockSizeBytes: blockSize }, portable);
        const block = prose(Math.max(blockSize, 8192) - 100);
        const packed = compressor.compressNow(block);
        expect(measureXz(packed)).toMatchObject({
          contentBytes: block.length,
          dictionaryBytes: Math.max(blockSize, 8192),
        });
        // Stream flags: CRC32.
        expect([...packed.subarray(6, 8)]).toEqual([0, 1]);
        const into = new Uint8Array(block.length);
        expect(into.subarray(0, await compressor.compress(block, into))).toEqual(new Uint8Array(packed));
      }
    }
  });

  it("does not touch what it does not know", () => {
    expect(() => withDictionary(new Uint8Array(40), 131_072)).toThrow("LZMA2");
  });
});

describe("lz4", () => {
  const random = randomFrom(8);
  const inputs: Bytes[] = [0, 1, 4, 5, 12, 13, 14, 20, 64, 270, 300].map((length) => new Uint8Array(length).fill(65));
  for (let at = 0; at < 200; at++) {
    const parts: Bytes[] = [];
    for (let pieces = 1 + random(6); pieces > 0; pieces--) {
      const length = random(3000);
      parts.push(random(2) ? prose(length, at) : random(2) ? noise(length % 400, at) : new Uint8Array(length).fill(at));
    }
    if (parts.length > 2) parts.push(parts[0]!);
    inputs.push(concatBytes(parts));
  }
  inputs.push(concatBytes([noise(70_000), prose(200), noise(70_000)]), new Uint8Array(131_072), prose(131_072));

  it.each([
    ["fast", fastLz4()],
    ["optimal, 4 attempts", optimalLz4(200_000, 4)],
    ["optimal, 256 attempts", optimalLz4(200_000, 256)],
  ])("%s gives what the decoder takes, and no more than the input", async (_, encoder) => {
    for (const input of inputs) {
      const out = new Uint8Array(input.length + 8).fill(0xee);
      const length = encoder.encode(input, out);
      expect(length).toBeLessThanOrEqual(input.length);
      expect([...out.subarray(input.length)]).toEqual(Array(8).fill(0xee));
      if (length < input.length) expect(await decodeLz4(out.slice(0, length), input.length)).toEqual(input);
    }
  });

  it("keeps the rules for the end of a block", () => {
    const input = new Uint8Array(1000);
    const out = new Uint8Array(1000);
    for (const encoder of [fastLz4(), optimalLz4(1000, 16)]) {
      const length = encoder.encode(input, out);
      // The last sequence is literals only, five or more.
      const token = out.subarray(0, length).findLastIndex((byte) => byte >> 4 >= 5 && (byte & 15) === 0);
      expect(length - token - 1).toBe(out[token]! >> 4);
    }
  });

  it("compresses better with more attempts", () => {
    const input = prose(131_072, 77);
    const out = new Uint8Array(131_072);
    const [fast, low, high] = [fastLz4(), optimalLz4(131_072, 4), optimalLz4(131_072, 256)].map((encoder) =>
      encoder.encode(input, out),
    );
    expect(low!).toBeLessThan(fast!);
    expect(high!).toBeLessThanOrEqual(low!);
  });
});
