import { execFileSync } from "node:child_process";
import zlib from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deflateStream } from "../../src/core/deflate-stream.ts";
import { type Bytes, readBytes } from "../../src/core/index.ts";
import { contentChunks, gzip } from "../../src/core/internal.ts";
import { findTool } from "../interop/tools.ts";

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Bytes, void, void> {
  for (let at = 0; at < bytes.length; at += size) yield new Uint8Array(bytes.subarray(at, at + size));
}

function sample(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0, state = 7; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 30 === 0 ? state >>> 24 : (at >> 6) & 255;
  }
  return bytes;
}

const data = sample(3_300_000);

describe.each([
  ["native", false],
  ["portable", true],
])("gzip, %s", (_name, portable) => {
  it("has a header without time, name and system", async () => {
    const packed = await readBytes(gzip(cut(data, 1000), { portable }));
    expect(Buffer.from(packed.subarray(0, 10)).toString("hex")).toBe("1f8b08000000000000ff");
  });
  it("is read back", async () => {
    const packed = await readBytes(gzip(cut(data, 100_000), { portable }));
    expect(Buffer.compare(zlib.gunzipSync(packed), data)).toBe(0);
    expect(packed.length).toBeLessThan(data.length * 0.6);
  });
  it("packs nothing, and single bytes", async () => {
    for (const length of [0, 1, 10]) {
      const packed = await readBytes(gzip(cut(data.subarray(0, length), 1), { portable }));
      expect(Buffer.compare(zlib.gunzipSync(packed), data.subarray(0, length))).toBe(0);
    }
  });
  it.each([0, 1, 9] as const)("level %i is read back", async (level) => {
    const packed = await readBytes(gzip(cut(data, 77_777), { portable, level }));
    expect(Buffer.compare(zlib.gunzipSync(packed), data)).toBe(0);
  });
  it("gives the same bytes however the input is cut", async () => {
    const once = await readBytes(gzip(contentChunks(data), { portable }));
    for (const size of [4096, 1_048_576, 1_500_000])
      expect(Buffer.compare(await readBytes(gzip(cut(data, size), { portable })), once)).toBe(0);
  });
  it("passes an error of the input through", async () => {
    async function* failing(): AsyncGenerator<Bytes> {
      yield* cut(data, 500_000);
      throw new Error("the cable");
    }
    await expect(readBytes(gzip(failing(), { portable }))).rejects.toThrow("the cable");
  });
  it("ends its input when it is left early", async () => {
    let ended = false;
    async function* endless(): AsyncGenerator<Bytes> {
      try {
        for (;;) yield* cut(data, 500_000);
      } finally {
        ended = true;
      }
    }
    let count = 0;
    for await (const _ of gzip(endless(), { portable })) if (++count === 3) break;
    expect(ended).toBe(true);
  });
});

describe("the deflate of browsers", () => {
  it("is read back", async () => {
    const packed = await readBytes(deflateStream(cut(data, 131_072)));
    expect(Buffer.compare(zlib.inflateRawSync(packed), data)).toBe(0);
    expect(zlib.inflateRawSync(await readBytes(deflateStream(cut(data, data.length)))).length).toBe(data.length);
  });
  it("passes an error of the input through", async () => {
    async function* failing(): AsyncGenerator<Bytes> {
      yield* cut(data, 500_000);
      throw new Error("the cable");
    }
    await expect(readBytes(deflateStream(failing()))).rejects.toThrow("the cable");
  });
  it("ends its input when it is left early", async () => {
    let ended = false;
    async function* endless(): AsyncGenerator<Bytes> {
      try {
        for (;;) yield* cut(data, 500_000);
      } finally {
        ended = true;
      }
    }
    let count = 0;
    for await (const _ of deflateStream(endless())) if (++count === 3) break;
    expect(ended).toBe(true);
  });
});

describe("gzip", () => {
  it("any bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), fc.boolean(), async (bytes, portable) => {
        const packed = await readBytes(gzip(contentChunks(bytes), { portable }));
        expect(Buffer.compare(zlib.gunzipSync(packed), bytes)).toBe(0);
      }),
      { numRuns: 100, seed: 1 },
    );
  });
  it("costs little over one stream of zlib", async () => {
    const packed = await readBytes(gzip(contentChunks(data)));
    expect(packed.length).toBeLessThan(zlib.gzipSync(data, { level: 6 }).length * 1.02);
  });
  it.runIf(findTool("gzip"))("passes gzip -t", async () => {
    const packed = await readBytes(gzip(contentChunks(data)));
    expect(execFileSync("gzip", ["-dc"], { input: packed, maxBuffer: 1e8 }).length).toBe(data.length);
  });
});
