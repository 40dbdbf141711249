import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import zlib from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { portableCrc32 } from "../../src/core/crc32.ts";
import { portableGunzip } from "../../src/core/gunzip.ts";
import { type Bytes, isPvError, readBytes } from "../../src/core/index.ts";
import { compressionOf, contentChunks, crc32, decompress } from "../../src/core/internal.ts";
import { lateTools } from "../../src/core/late-tools.ts";
import { portableUnzstd } from "../../src/core/unzstd.ts";
import { findTool } from "../interop/tools.ts";

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Bytes, void, void> {
  for (let at = 0; at < bytes.length; at += size) yield new Uint8Array(bytes.subarray(at, at + size));
}

/** Pseudo-random bytes with repeats, the same on every run. */
function sample(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[at] = at > 300 && state % 7 < 4 ? bytes[at - 1 - (state % 300)]! : state >>> 24;
  }
  return bytes;
}

async function failure(work: Promise<unknown>): Promise<{ code: string; data: object }> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isPvError(error)) throw new Error(`no PvError: ${String(error)}`);
  return { code: error.code, data: error.data };
}

const data = sample(700_000);
const variants = {
  native: (chunks: AsyncIterable<Bytes>) => decompress(chunks),
  portable: (chunks: AsyncIterable<Bytes>) => portableGunzip(chunks, lateTools),
};

describe.each(Object.entries(variants))("gunzip, %s", (_name, gunzip) => {
  const read = (bytes: Uint8Array, size = 65_536): Promise<Uint8Array> => readBytes(gunzip(cut(bytes, size)));

  it.each([0, 1, 6, 9])("reads level %i", async (level) => {
    expect(Buffer.compare(await read(zlib.gzipSync(data, { level })), data)).toBe(0);
  });
  it("does not mind how the input is cut", async () => {
    const packed = zlib.gzipSync(data.subarray(0, 3000));
    for (const size of [1, 2, 3, 7, 100, 1000])
      expect(Buffer.compare(await read(packed, size), data.subarray(0, 3000))).toBe(0);
  });
  it("reads every strategy of zlib", async () => {
    const { Z_FILTERED, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE } = zlib.constants;
    for (const strategy of [Z_FILTERED, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE])
      expect(Buffer.compare(await read(zlib.gzipSync(data, { strategy })), data)).toBe(0);
  });
  it("reads nothing, and zeros", async () => {
    expect((await read(zlib.gzipSync(""))).length).toBe(0);
    expect(
      createHash("sha1")
        .update(await read(zlib.gzipSync(Buffer.alloc(3e6))))
        .digest("hex"),
    ).toBe(createHash("sha1").update(Buffer.alloc(3e6)).digest("hex"));
  });
  it("reads several members, with padding behind", async () => {
    const packed = Buffer.concat([
      zlib.gzipSync("one "),
      zlib.gzipSync(""),
      zlib.gzipSync("two"),
      Buffer.alloc(100_000),
    ]);
    for (const size of [5, 4096, 65_536, 1 << 20])
      expect(Buffer.from(await read(packed, size)).toString()).toBe("one two");
  });
  it("skips all that a header may hold", async () => {
    const plain = zlib.gzipSync("content");
    const header = Buffer.from([0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 1, 2, 3, 4, 0, 3, 3, 0, 9, 9, 9, 97, 0, 98, 0]);
    const sum = Buffer.alloc(2);
    sum.writeUInt16LE(crc32(header) & 0xffff);
    expect(Buffer.from(await read(Buffer.concat([header, sum, plain.subarray(10)]), 3)).toString()).toBe("content");
  });
  it("finds it truncated, wherever it ends", async () => {
    const packed = zlib.gzipSync(data.subarray(0, 3000));
    for (let length = 3; length < packed.length; length += length < 30 || length > packed.length - 20 ? 1 : 97)
      expect((await failure(read(packed.subarray(0, length)))).code, `${length}`).toBe("CONTENT_TRUNCATED");
    const second = Buffer.concat([packed, packed.subarray(0, 7)]);
    expect((await failure(read(second))).code).toBe("CONTENT_TRUNCATED");
  });
  it("finds it corrupt", async () => {
    const packed = zlib.gzipSync(data);
    const broken = (at: number): Buffer => {
      const copy = Buffer.from(packed);
      copy[at]! ^= 0x10;
      return copy;
    };
    expect((await failure(read(broken(packed.length - 6)))).code).toBe("CONTENT_CORRUPT"); // the sum
    expect((await failure(read(broken(packed.length - 2)))).code).toBe("CONTENT_CORRUPT"); // the size
    expect((await failure(read(Buffer.concat([packed, Buffer.from("more")])))).code).toBe("CONTENT_CORRUPT");
  });
  it("gives a typed error or the right bytes for any damage", async () => {
    const packed = zlib.gzipSync(data.subarray(0, 5000));
    await fc.assert(
      fc.asyncProperty(
        fc.nat(packed.length - 4),
        fc.integer({ min: 1, max: 255 }),
        fc.integer({ min: 50, max: 500 }),
        async (at, flip, size) => {
          const copy = Buffer.from(packed);
          copy[at + 3]! ^= flip;
          const outcome = await read(copy, size).then(
            (bytes) => Buffer.compare(bytes, data.subarray(0, 5000)) === 0,
            (error: unknown) => isPvError(error, "CONTENT_CORRUPT", "CONTENT_TRUNCATED"),
          );
          expect(outcome).toBe(true);
        },
      ),
      { numRuns: 200, seed: 7 },
    );
  });
  it("passes an error of the input through", async () => {
    async function* failing(): AsyncGenerator<Bytes> {
      yield* cut(zlib.gzipSync(data).subarray(0, 5000), 1000);
      throw new Error("the cable");
    }
    await expect(readBytes(gunzip(failing()))).rejects.toThrow("the cable");
  });
  it("ends its input when its output is not wanted any more", async () => {
    let ended = false;
    async function* endless(): AsyncGenerator<Bytes> {
      try {
        for (;;) yield* cut(zlib.gzipSync(data), 10_000);
      } finally {
        ended = true;
      }
    }
    for await (const _ of gunzip(endless())) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(ended).toBe(true);
  });
  it("reads no more than it gives", async () => {
    let taken = 0;
    async function* counted(): AsyncGenerator<Bytes> {
      for await (const bytes of cut(zlib.gzipSync(sample(8_000_000, 3)), 16_384)) {
        taken += bytes.length;
        yield bytes;
      }
    }
    const reader = gunzip(counted());
    await reader.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(taken).toBeLessThan(1_500_000);
    await reader.return();
  });
});

describe("limits of decompression", () => {
  const bomb = zlib.gzipSync(Buffer.alloc(20_000_000));
  it("stops at maxBytes", async () => {
    const error = await failure(readBytes(decompress(cut(bomb, 1000), { maxBytes: 1_000_000 })));
    expect(error).toEqual({ code: "LIMIT_EXCEEDED", data: { limit: "maxBytes", value: 1_000_000 } });
  });
  it("stops at maxRatio", async () => {
    const error = await failure(readBytes(decompress(cut(bomb, 1000), { maxRatio: 100 })));
    expect(error).toEqual({ code: "LIMIT_EXCEEDED", data: { limit: "maxRatio", value: 100 } });
  });
  it("counts plain content as well", async () => {
    const error = await failure(readBytes(decompress(cut(Buffer.alloc(5000), 1000), { maxBytes: 4000 })));
    expect(error.code).toBe("LIMIT_EXCEEDED");
  });
});

describe("an abort", () => {
  it("ends a stalled input with the reason", async () => {
    const stop = new AbortController();
    const stalled = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(zlib.gzipSync(data).subarray(0, 5000)),
    });
    const reason = new Error("enough");
    setTimeout(() => stop.abort(reason), 30);
    await expect(readBytes(decompress(contentChunks(stalled, { signal: stop.signal })))).rejects.toBe(reason);
  });
});

describe("compressionOf", () => {
  it.each([
    ["gzip", [0x1f, 0x8b, 8]],
    ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
    ["zstd", [0x5e, 0x2a, 0x4d, 0x18]],
    ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]],
    ["bzip2", [0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26]],
    ["none", [0x42, 0x5a, 0x68, 0x39, 0x2f]],
    ["none", []],
  ])("finds %s in %j", (kind, bytes) => expect(compressionOf(Uint8Array.from(bytes))).toBe(kind));

  it("says what to do about bzip2", async () => {
    const bytes = Buffer.from("425a683931415926535900", "hex");
    expect((await failure(readBytes(decompress(cut(bytes, 4))))).code).toBe("CODEC_MISSING");
  });
});

describe.runIf(findTool("zstd"))("zstd", () => {
  const pack = (input: Uint8Array, ...args: string[]): Buffer =>
    execFileSync("zstd", ["-q", "-c", ...args], { input, maxBuffer: 1e8 });
  const readers = {
    native: (chunks: AsyncIterable<Bytes>) => decompress(chunks),
    fzstd: (chunks: AsyncIterable<Bytes>) => portableUnzstd(chunks),
  };
  it.each(Object.entries(readers))("%s reads it", async (_name, unzstd) => {
    for (const args of [["-1"], ["-19"], ["--no-check"], ["--long=24"]])
      expect(Buffer.compare(await readBytes(unzstd(cut(pack(data, ...args), 999))), data)).toBe(0);
    const frames = Buffer.concat([
      pack(data),
      Buffer.from("502a4d180400000001020304", "hex"),
      pack(Buffer.from("more")),
    ]);
    expect((await readBytes(unzstd(cut(frames, 50_000)))).length).toBe(data.length + 4);
  });
  it.each(Object.entries(readers))("%s finds it truncated or corrupt", async (_name, unzstd) => {
    const packed = pack(data);
    for (const length of [4, 5, 20, 1000, packed.length - 5, packed.length - 1])
      expect((await failure(readBytes(unzstd(cut(packed.subarray(0, length), 500))))).code).toBe("CONTENT_TRUNCATED");
    const copy = Buffer.from(packed);
    copy.fill(0xff, 1000, 1100);
    expect((await failure(readBytes(unzstd(cut(copy, 500))))).code).toBe("CONTENT_CORRUPT");
    copy.set(packed);
    copy[packed.length - 2]! ^= 1; // the checksum
    expect((await failure(readBytes(unzstd(cut(copy, 500))))).code).toBe("CONTENT_CORRUPT");
    const junk = Buffer.concat([packed, Buffer.from("junk")]);
    expect((await failure(readBytes(unzstd(cut(junk, 500))))).code).toBe("CONTENT_CORRUPT");
  });
  it("fzstd's checksums are those of zstd, for every length", async () => {
    for (let length = 0; length < 100; length++) {
      const bytes = await readBytes(portableUnzstd(cut(pack(data.subarray(0, length), "--check"), 7)));
      expect(bytes.length).toBe(length);
    }
  });
  it("fzstd is not asked for a window that no one has memory for", async () => {
    const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 1, 0, 0]);
    expect((await failure(readBytes(portableUnzstd(cut(header, 100))))).code).toBe("CONTENT_CORRUPT");
  });
  it("a bomb of fzstd is stopped", async () => {
    const bomb = pack(Buffer.alloc(50_000_000));
    const error = await failure(readBytes(portableUnzstd(cut(bomb, 100)), { maxBytes: 1_000_000 }));
    expect(error.code).toBe("LIMIT_EXCEEDED");
  });
});

describe.runIf(findTool("xz"))("xz", () => {
  const pack = (input: Uint8Array, ...args: string[]): Buffer =>
    execFileSync("xz", ["-c", ...args], { input, maxBuffer: 1e8 });
  const unpack = (bytes: Uint8Array, size = 999): Promise<Bytes> => readBytes(decompress(cut(bytes, size)));
  it("is read, with every check and any number of blocks", async () => {
    for (const args of [["-0"], ["-6"], ["--check=crc32"], ["--check=none"], ["--block-size=50000"]])
      expect(Buffer.compare(await unpack(pack(data, ...args)), data), args.join()).toBe(0);
    expect((await unpack(pack(new Uint8Array(0)))).length).toBe(0);
    const random = Buffer.from(createHash("sha512").update("x").digest().toString("hex").repeat(1)).subarray(0, 100);
    expect(Buffer.compare(await unpack(pack(random), 1), random)).toBe(0);
  });
  it("is read in several streams, with padding between and behind", async () => {
    const streams = Buffer.concat([
      pack(data),
      Buffer.alloc(8),
      pack(Buffer.from("more")),
      pack(data),
      Buffer.alloc(4),
    ]);
    for (const size of [10, 4096, 1 << 22])
      expect((await unpack(streams, size)).length, `${size}`).toBe(data.length * 2 + 4);
  });
  it("is read from two archives in turn", async () => {
    const [a, b] = [pack(data), pack(Buffer.alloc(1_000_000))].map((bytes) => decompress(cut(bytes, 500)));
    await a!.next();
    await b!.next();
    await a!.return();
    await b!.return();
  });
  it("is found truncated or corrupt", async () => {
    const packed = pack(data);
    for (const length of [7, 11, 12, 13, 20, 1000, packed.length - 30, packed.length - 12, packed.length - 1])
      expect((await failure(unpack(packed.subarray(0, length)))).code, `${length}`).toBe("CONTENT_TRUNCATED");
    for (const at of [8, 14, 1000, packed.length - 2]) {
      const copy = Buffer.from(packed);
      copy[at]! ^= 1;
      expect((await failure(unpack(copy))).code, `${at}`).toMatch(/^CONTENT_(CORRUPT|TRUNCATED)$/);
    }
    expect((await failure(unpack(Buffer.concat([packed, Buffer.from("junk")])))).code).toBe("CONTENT_CORRUPT");
  });
  it("gives a typed error or the right bytes for any damage", async () => {
    const packed = pack(data.subarray(0, 3000));
    for (let round = 0; round < 300; round++) {
      const copy = Buffer.from(packed);
      copy[6 + ((round * 7919) % (copy.length - 6))]! ^= 1 + (round % 255);
      const ended = await unpack(copy, 700).then(
        (bytes) => Buffer.compare(bytes, data.subarray(0, 3000)) === 0,
        (error: unknown) => isPvError(error),
      );
      expect(ended, `round ${round}`).toBe(true);
    }
  });
  it("says that it does not know filters for machine code, or a SHA-256", async () => {
    expect((await failure(unpack(pack(data, "--check=sha256")))).code).toBe("CODEC_MISSING");
    expect((await failure(unpack(pack(data, "--x86", "--lzma2=preset=1")))).code).toBe("CODEC_MISSING");
  });
  it("does not allocate what a header asks for", async () => {
    const copy = pack(Buffer.from("x"), "--lzma2=preset=0,dict=4KiB");
    expect(copy[14]).toBe(0x21);
    copy[16] = 40; // 4 GiB
    copy.writeUInt32LE(zlib.crc32(copy.subarray(12, 20)), 20);
    expect((await failure(unpack(copy))).code).toBe("CONTENT_CORRUPT");
  });
});

describe("crc32", () => {
  it("is the same in plain code", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }), (bytes, start) => {
        expect(portableCrc32(bytes, start)).toBe(zlib.crc32(bytes, start));
      }),
      { seed: 3 },
    );
    expect(crc32(data)).toBe(zlib.crc32(data));
  });
});
