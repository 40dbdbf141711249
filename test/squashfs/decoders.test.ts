import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as zlib from "node:zlib";
import { describe, expect, it } from "vitest";
import { nativeZlib } from "../../src/core/internal.ts";
import { DecodeFailure, type DecodeReason, loadDecoder } from "../../src/wasm-squashfs/reader/decoders/decoder.ts";
import { nativeInflate, portableInflate } from "../../src/wasm-squashfs/reader/decoders/inflate.ts";
import { decodeLz4 } from "../../src/wasm-squashfs/reader/decoders/lz4.ts";
import { measureXz, wasmXz } from "../../src/wasm-squashfs/reader/decoders/xz.ts";
import { nativeZstd, wasmZstd } from "../../src/wasm-squashfs/reader/decoders/zstd.ts";

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** Why decoding fails. */
async function reasonOf(work: () => unknown): Promise<DecodeReason | "none"> {
  try {
    await work();
    return "none";
  } catch (error) {
    if (error instanceof DecodeFailure) return error.reason;
    throw error;
  }
}

const content = Buffer.from(Array.from({ length: 50_000 }, (_, at) => (at * at) >> 7));

describe.each([
  ["native", nativeInflate(nativeZlib()!)],
  ["portable", portableInflate],
])("inflate, %s", (_, decode) => {
  const packed = new Uint8Array(zlib.deflateSync(content));

  it("gives what was deflated, as plain bytes of its own", async () => {
    const bytes = await decode(packed, 131072);
    expect(Buffer.compare(bytes, content)).toBe(0);
    expect(bytes.constructor).toBe(Uint8Array);
    const small = await decode(new Uint8Array(zlib.deflateSync("hello")), 8192);
    expect(text(small)).toBe("hello");
  });

  it("takes exactly its capacity and not a byte more", async () => {
    expect((await decode(packed, 50_000)).length).toBe(50_000);
    expect(await reasonOf(() => decode(packed, 49_999))).toBe("overlong");
    const bomb = new Uint8Array(zlib.deflateSync(Buffer.alloc(10_000_000)));
    expect(await reasonOf(() => decode(bomb, 131072))).toBe("overlong");
    expect(await reasonOf(() => decode(bomb, 8192))).toBe("overlong");
  });

  it("sees that it is cut, changed, or has a wrong sum", async () => {
    for (const length of [0, 1, 2, 5, 7, 100, packed.length - 5, packed.length - 1])
      expect(await reasonOf(() => decode(packed.slice(0, length), 131072)), String(length)).toBe("corrupt");
    const wrongSum = packed.slice();
    wrongSum[packed.length - 1]! ^= 1;
    expect(await reasonOf(() => decode(wrongSum, 131072))).toBe("corrupt");
  });
});

describe("lz4", () => {
  const decode = (hex: string, capacity = 100): string => text(decodeLz4(bytesOf(hex), capacity) as Uint8Array);

  it("gives literals, matches, and matches that overlap themselves", () => {
    expect(decode("50 68656c6c6f")).toBe("hello");
    expect(decode("14 61 0100 10 62")).toBe("aaaaaaaaab");
    expect(decode("34 616263 0300 10 64")).toBe("abcabcabcabd");
    expect(decode("00")).toBe("");
    // Lengths of 15 and more go on: 15 + 0 literals; 4 + 15 + 255 + 2 of a match.
    expect(decode(`f000${"61".repeat(15)}`)).toBe("a".repeat(15));
    expect(decode("1f 61 0100 ff02 10 62", 300)).toBe(`${"a".repeat(277)}b`);
  });

  it.each([
    ["", "nothing"],
    ["10", "literals that are not there"],
    ["f0", "a length that is not there"],
    ["f0ff", "a length that goes on"],
    ["14 61", "a match without distance"],
    ["14 61 01", "half a distance"],
    ["14 61 0000 00", "distance 0"],
    ["14 61 0200 00", "a distance before the start"],
    ["14 61 0100", "an end in a match"],
    ["1f 61 0100 ff", "a match length that goes on"],
  ])("finds %s (%s) corrupt", async (hex) => {
    expect(await reasonOf(() => decodeLz4(bytesOf(hex), 100))).toBe("corrupt");
  });

  it("stops at its capacity, in literals and in matches", async () => {
    expect(await reasonOf(() => decodeLz4(bytesOf("50 68656c6c6f"), 4))).toBe("overlong");
    expect(await reasonOf(() => decodeLz4(bytesOf("1f 61 0100 ffffffffffffffff02 10 62"), 1000))).toBe("overlong");
  });
});

const zstdPackages: [string, Awaited<ReturnType<typeof wasmZstd>>][] = [["zstddec", await wasmZstd(131072)]];
if (nativeZlib()?.zstdDecompressSync) zstdPackages.push(["native", nativeZstd(nativeZlib()!, 131072)]);
// Node 20 has none to compress with.
const zstdFrame = zlib.zstdCompressSync ? new Uint8Array(zlib.zstdCompressSync(content)) : undefined;

describe.skipIf(!zstdFrame).each(zstdPackages)("zstd by %s", (_, decode) => {
  it("gives what was compressed", async () => {
    expect(Buffer.compare(await decode!(zstdFrame!, 131072), content)).toBe(0);
    expect((await decode!(zstdFrame!, 50_000)).length).toBe(50_000);
  });

  it("refuses what is larger, cut, changed, of another format, or needs a dictionary", async () => {
    const cut = zstdFrame!.slice(0, zstdFrame!.length - 10);
    const changed = zstdFrame!.slice();
    changed[0]! ^= 1;
    const dictionary = zstdFrame!.slice();
    dictionary[4]! |= 1;
    expect(await reasonOf(() => decode!(zstdFrame!, 49_999))).toBe("overlong");
    for (const wrong of [cut, changed, dictionary, zstdFrame!.slice(0, 3), zstdFrame!.slice(0, 5)])
      expect(await reasonOf(() => decode!(wrong, 131072))).toBe("corrupt");
  });

  it("refuses a window that the kernel has no room for", async () => {
    // Descriptor without single segment and content size; window descriptor 0x68: 2^(10 + 13).
    expect(await reasonOf(() => decode!(bytesOf("28b52ffd 00 68 010000"), 131072))).toBe("dictionary");
  });

  it("does not let a frame without a content size go on for ever", async () => {
    // One RLE block of 2 MiB - 1 zeros, in a frame that does not say how long it is.
    expect(await reasonOf(() => decode!(bytesOf("28b52ffd 00 30 fbffff00"), 131072))).not.toBe("none");
  });
});

describe("xz", () => {
  // `printf hello | xz --check=crc32 --lzma2=dict=64KiB`, and with `--x86`
  const hello = bytesOf(
    "fd377a585a0000016922de360200210108000000d80f231301000468656c6c6f0000000086a6103600011905bce8eccb9042990d010000000001595a",
  );
  const filtered = bytesOf(
    "fd377a585a0000016922de360201040021010800d2b974cb01000468656c6c6f0000000086a6103600011905bce8eccb9042990d010000000001595a",
  );
  const seeds = join(import.meta.dirname, "../vectors/squashfs/seeds");
  const image = new Uint8Array(readFileSync(join(seeds, "xz.squashfs")));
  /** The image's first compressed block, an xz file as mksquashfs makes them. */
  const start = Buffer.from(image).indexOf(Buffer.from("fd377a585a0000", "hex"));
  const end = Buffer.from(image).indexOf(Buffer.from("595a", "hex"), start) + 2;
  const block = image.slice(start, end);

  it("measures content and dictionary without decompressing", () => {
    expect(measureXz(hello)).toEqual({ contentBytes: 5, dictionaryBytes: 65536, filtered: false });
    const measured = measureXz(block);
    expect(measured.dictionaryBytes).toBe(4096);
    expect(measured.contentBytes).toBe(100);
    for (let length = 0; length < 30; length++)
      expect(() => measureXz(block.subarray(0, length))).toThrow(DecodeFailure);
  });

  it.each([
    ["both packages", undefined],
    ["node-liblzma", "liblzma"],
    ["xz-decompress", "xzDecompress"],
  ] as const)("decompresses by %s", async (_, name) => {
    const decode = (await wasmXz(131072, name && [name]))!;
    expect((await decode(block, 131072)).length).toBe(measureXz(block).contentBytes);
    expect(await reasonOf(() => decode(block, measureXz(block).contentBytes - 1))).toBe("overlong");
    const changed = block.slice();
    changed[40]! ^= 0xff;
    expect(await reasonOf(() => decode(changed, 131072))).toBe("corrupt");
    // The decoder is whole after a failure.
    expect((await decode(block, 131072)).length).toBe(measureXz(block).contentBytes);
    expect(await reasonOf(async () => (await wasmXz(2048, name && [name]))!(block, 131072))).toBe("dictionary");
  });

  it("decompresses what a filter for machine code went through, where the package can", async () => {
    expect(measureXz(filtered)).toEqual({ contentBytes: 5, dictionaryBytes: 65536, filtered: true });
    expect(text(await (await wasmXz(131072, ["liblzma"]))!(filtered, 100))).toBe("hello");
    const small = (await wasmXz(131072, ["xzDecompress"]))!;
    expect(text(await small(hello, 100))).toBe("hello");
    expect(() => small(filtered, 100)).toThrow(
      expect.objectContaining({ code: "CODEC_MISSING", data: { codec: "xz", install: "node-liblzma" } }) as Error,
    );
  });

  it("is missing where no package is installed", async () => {
    expect(await wasmXz(131072, [])).toBeUndefined();
  });
});

describe("loadDecoder", () => {
  it.each(["lzo", "lzma"] as const)("names %s as a codec that is missing", async (name) => {
    const { decode } = await loadDecoder(name, 131072);
    expect(() => decode(bytesOf("00"), 10)).toThrow(expect.objectContaining({ code: "CODEC_MISSING" }) as Error);
  });
});
