import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  type ByteSource,
  type Bytes,
  decodePath,
  encodePath,
  formatError,
  httpSource,
  isPvError,
  memorySink,
  PvError,
  readBytes,
} from "../../src/core/index.ts";
import {
  chunkReader,
  compareBytes,
  concatBytes,
  contentChunks,
  contentSize,
  equalBytes,
  fromHex,
  isZero,
  limitCounter,
  progressReporter,
  sliceSource,
  toByteSource,
  toHex,
  toStream,
  utf8,
} from "../../src/core/internal.ts";

async function* gen(...parts: readonly string[]): AsyncGenerator<Bytes, void, void> {
  for (const part of parts) yield utf8(part);
}

const text = async (content: Parameters<typeof readBytes>[0]): Promise<string> =>
  Buffer.from(await readBytes(content)).toString();

describe("content", () => {
  it("takes every shape", async () => {
    const source: ByteSource = toByteSource(utf8("source"));
    const shapes: readonly (readonly [Parameters<typeof readBytes>[0], string])[] = [
      [Buffer.from("buffer"), "buffer"],
      [new Uint8Array(new SharedArrayBuffer(3)), "\0\0\0"],
      [new Blob(["blob"]), "blob"],
      [new File(["file"], "name"), "file"],
      [source, "source"],
      [new Response("response"), "response"],
      [new Response(null), ""],
      [new Blob(["stream"]).stream(), "stream"],
      [gen("a", "", "b"), "ab"],
      [Readable.from([Buffer.from("node"), Buffer.from("stream")]), "nodestream"],
    ];
    for (const [content, expected] of shapes) expect(await text(content)).toBe(expected);
  });
  it("takes no text, and says what to do", () => {
    expect(() => contentChunks("x.tar" as never)).toThrow(/fileSource/);
    expect(() => contentChunks(5 as never)).toThrow(TypeError);
  });
  it("does not pass text chunks on as bytes", async () => {
    await expect(readBytes(Readable.from(["text"]) as never)).rejects.toThrow(TypeError);
  });
  it("refuses a response that is no success", async () => {
    await expect(readBytes(new Response("not here", { status: 404 }))).rejects.toMatchObject({
      code: "CONTENT_HTTP",
      data: { status: 404 },
    });
  });
  it("finds a source that is shorter than it says", async () => {
    const source: ByteSource = {
      size: async () => 10,
      read: async (at) => (at === 0 ? utf8("123") : new Uint8Array(0)),
    };
    await expect(readBytes(source)).rejects.toMatchObject({
      code: "CONTENT_TRUNCATED",
      data: { expected: 10, actual: 3 },
    });
  });
  it("closes a source when it is left, in time or early", async () => {
    const close = vi.fn(async () => {});
    const source: ByteSource = { ...toByteSource(new Uint8Array(1_000_000)), close };
    for await (const _ of contentChunks(source)) break;
    await readBytes(source);
    expect(close).toHaveBeenCalledTimes(2);
  });
  it("knows sizes where they can be known", async () => {
    expect(await contentSize(utf8("abc"))).toBe(3);
    expect(await contentSize(new Blob(["abc"]))).toBe(3);
    expect(await contentSize(gen("abc"))).toBeUndefined();
  });
  it("stops at maxBytes", async () => {
    await expect(readBytes(gen("12345", "6"), { maxBytes: 5 })).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
  });
  it.each([
    ["a Web stream", (): ReadableStream<Uint8Array> => new ReadableStream({})],
    [
      "an iterable",
      (): AsyncIterable<Uint8Array> => ({
        [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
      }),
    ],
  ])("is aborted while %s hangs, with the reason", async (_what, make) => {
    const stop = new AbortController();
    const reason = new Error("enough");
    setTimeout(() => stop.abort(reason), 20);
    await expect(readBytes(make(), { signal: stop.signal })).rejects.toBe(reason);
  });
});

describe("toStream", () => {
  it("reads nothing before it is read, and ends its iterator when cancelled", async () => {
    let pulled = 0;
    let ended = false;
    async function* counted(): AsyncGenerator<Bytes> {
      try {
        for (;;) {
          pulled++;
          yield utf8("x");
        }
      } finally {
        ended = true;
      }
    }
    const stream = toStream(counted());
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(pulled).toBe(0);
    const reader = stream.getReader();
    await reader.read();
    expect(pulled).toBe(1);
    await reader.cancel();
    expect(ended).toBe(true);
  });
});

describe("chunkReader", () => {
  it("reads as a whole array would, however it is cut", async () => {
    const data = Uint8Array.from({ length: 300 }, (_, at) => at & 255);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(60), { maxLength: 30 }),
        fc.integer({ min: 1, max: 50 }),
        async (counts, size) => {
          async function* cut(): AsyncGenerator<Bytes> {
            for (let at = 0; at < data.length; at += size) yield data.slice(at, at + size);
          }
          const reader = chunkReader(cut());
          let at = 0;
          for (const [turn, count] of counts.entries()) {
            if (turn % 3 === 2) {
              expect(await reader.skip(count)).toBe(Math.min(count, data.length - at));
            } else expect(await reader.read(count)).toEqual(data.slice(at, at + count));
            at = Math.min(data.length, at + count);
            expect(reader.position).toBe(at);
          }
        },
      ),
      { numRuns: 200, seed: 1 },
    );
  });
});

describe("sources and sinks", () => {
  it("cut a slice at both ends", async () => {
    const slice = sliceSource(toByteSource(utf8("0123456789")), 3, 5);
    expect(await slice.size()).toBe(5);
    expect(await text(slice)).toBe("34567");
    expect((await slice.read(4, 10)).length).toBe(1);
    expect((await slice.read(5, 1)).length).toBe(0);
    expect(await sliceSource(toByteSource(utf8("01")), 1, 10).size()).toBe(1);
    await expect(slice.read(-1, 1)).rejects.toThrow(RangeError);
    await expect(toByteSource(utf8("x")).read(0, Number.NaN)).rejects.toThrow(RangeError);
  });
  it("hold sparse writes, as a plain array would", async () => {
    const write = fc.record({
      at: fc.nat(3_000_000),
      bytes: fc.uint8Array({ maxLength: 20 }),
      size: fc.option(fc.nat(3_000_000)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(write, { maxLength: 8 }), async (writes) => {
        const sink = memorySink();
        let plain = Buffer.alloc(0);
        for (const { at, bytes, size } of writes) {
          await sink.write(at, bytes);
          if (at + bytes.length > plain.length)
            plain = Buffer.concat([plain, Buffer.alloc(at + bytes.length - plain.length)]);
          plain.set(bytes, at);
          if (size === null) continue;
          await sink.setSize(size);
          plain =
            size < plain.length
              ? Buffer.from(plain.subarray(0, size))
              : Buffer.concat([plain, Buffer.alloc(size - plain.length)]);
        }
        await sink.close();
        expect(Buffer.compare(await readBytes(sink.written), plain)).toBe(0);
      }),
      { numRuns: 60, seed: 2 },
    );
  });
  it("keep nothing after an abort, and take nothing after the end", async () => {
    const sink = memorySink();
    await sink.write(0, utf8("x"));
    await sink.abort();
    expect(await sink.written.size()).toBe(0);
    await expect(sink.write(0, utf8("x"))).rejects.toThrow(TypeError);
  });
});

describe("bytes", () => {
  it("compare, join and print", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 40 }), (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Math.sign(Buffer.compare(a, b)));
        expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0);
        expect(Buffer.compare(concatBytes([a, b]), Buffer.concat([a, b]))).toBe(0);
        expect(toHex(a)).toBe(Buffer.from(a).toString("hex"));
        expect(fromHex(toHex(a))).toEqual(new Uint8Array(a));
        expect(isZero(a)).toBe(a.every((byte) => byte === 0));
      }),
      { seed: 3 },
    );
    expect(fromHex("0")).toBeUndefined();
    expect(fromHex("0g")).toBeUndefined();
    expect(isZero(new Uint8Array(1000))).toBe(true);
    for (const at of [0, 7, 8, 500, 999])
      expect(isZero(new Uint8Array(1003).subarray(3).fill(0x80, at, at + 1))).toBe(false);
  });
  it("survive as names, whatever they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        expect(Buffer.compare(encodePath(decodePath(bytes)), bytes)).toBe(0);
      }),
      { numRuns: 3000, seed: 4 },
    );
    // Overlong forms, surrogates and what is beyond Unicode are no UTF-8.
    for (const hex of ["c080", "e08080", "eda080", "f0808080", "f4908080", "ff", "efbbbf"]) {
      const bytes = Buffer.from(hex, "hex");
      expect(Buffer.compare(encodePath(decodePath(bytes)), bytes), hex).toBe(0);
    }
    expect(decodePath(Buffer.from("eda080", "hex"))).toBe("\udced\udca0\udc80");
  });
});

describe("errors", () => {
  it("print on one line, whatever is in them", () => {
    const error = new PvError(
      "FILE_FAILED",
      "cannot\nread\u001b[31m",
      { path: "a\u0007b", reason: "EIO" },
      { hint: "try\r\nagain" },
    );
    expect(formatError(error)).toBe("cannot read [31m: a b (try again) [FILE_FAILED]");
    expect(formatError(new TypeError("plain"))).toBe("plain");
    expect(formatError("text\n")).toBe("text");
    expect(formatError("a\u061cb\u202ec\u2069d\u2028e")).toBe("a b c d e");
    expect(formatError(new Error(""))).toBe("Error");
  });
  it("are known across copies of the package, and are plain JSON", () => {
    const foreign = Object.assign(new Error("x"), {
      code: "STORE_FULL",
      data: { maxBytes: 1 },
      [Symbol.for("@pv/sdk/error")]: true,
    });
    expect(isPvError(foreign, "STORE_FULL")).toBe(true);
    expect(isPvError(foreign, "TAR_INVALID")).toBe(false);
    expect(isPvError(new Error("x"))).toBe(false);
    expect(isPvError(null)).toBe(false);
    const error = new PvError("TAR_INVALID", "m", { offset: 5 }, { hint: "h", cause: new Error("secret") });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: "TAR_INVALID",
      message: "m",
      data: { offset: 5 },
      hint: "h",
    });
    expect(error.cause).toBeInstanceOf(Error);
  });
  it("count limits", () => {
    const counter = limitCounter({ maxBytes: 10, maxEntries: 2 });
    counter.addBytes(10);
    counter.addEntry();
    counter.addEntry();
    expect(() => counter.addBytes(1)).toThrow(expect.objectContaining({ code: "LIMIT_EXCEEDED" }));
    expect(() => counter.addEntry()).toThrow(expect.objectContaining({ data: { limit: "maxEntries", value: 2 } }));
    const ratio = limitCounter({ maxRatio: 10 });
    ratio.addBytes(2 ** 20, 1); // small things may be anything
    expect(() => ratio.addBytes(1, 1)).toThrow(expect.objectContaining({ data: { limit: "maxRatio", value: 10 } }));
  });
});

describe("progress", () => {
  it("is thin, and ends with all of it", () => {
    const said: number[] = [];
    const reporter = progressReporter(
      { onProgress: ({ done, total }) => said.push(done, total ?? -1) },
      { task: "hash", subject: "x", unit: "bytes", total: 500 * 2 ** 20 },
    );
    for (let count = 0; count < 500 * 16; count++) reporter.add(65_536);
    reporter.finish();
    expect(said.length).toBeLessThanOrEqual(2 * 101);
    expect(said.slice(-2)).toEqual([500 * 2 ** 20, 500 * 2 ** 20]);
    expect(said.filter((value, at) => at % 2 === 0 && value === 500 * 2 ** 20).length).toBe(1);
  });
  it("costs nothing where nobody listens", () => {
    progressReporter(undefined, { task: "hash", subject: "x", unit: "bytes" }).finish();
    progressReporter({}, { task: "hash", subject: "x", unit: "bytes" }).add(1);
  });
});

describe("httpSource", () => {
  const data = Uint8Array.from({ length: 5000 }, (_, at) => at % 251);
  let server: Server;
  let base = "";
  const asked: string[] = [];
  let tag = '"1"';
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers.range}`);
      const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
      if (request.url === "/absent") return void response.writeHead(404).end();
      if (request.url === "/plain" || !range) return void response.writeHead(200).end(data);
      const from = Number(range[1]);
      if (request.url === "/empty") return void response.writeHead(416, { "content-range": "bytes */0" }).end();
      const to = Math.min(Number(range[2]), data.length - 1);
      const part = data.subarray(from, to + 1);
      response.writeHead(206, { "content-range": `bytes ${from}-${to}/${data.length}`, etag: tag });
      if (request.url === "/short" && from > 0) response.end(part.subarray(1));
      else response.end(part);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  it("fetches only what is read", async () => {
    asked.length = 0;
    const source = httpSource(`${base}/file`);
    expect(asked).toEqual([]);
    expect(await source.size()).toBe(5000);
    expect(await source.read(10, 5)).toEqual(data.slice(10, 15));
    expect((await source.read(4990, 100)).length).toBe(10);
    expect((await source.read(6000, 1)).length).toBe(0);
    expect(asked).toEqual(["/file bytes=0-0", "/file bytes=10-14", "/file bytes=4990-4999"]);
    expect(await httpSource(`${base}/empty`).size()).toBe(0);
  });
  it("refuses servers that fail, know no ranges, or cut", async () => {
    await expect(httpSource(`${base}/absent`).size()).rejects.toMatchObject({
      code: "CONTENT_HTTP",
      data: { status: 404 },
    });
    await expect(httpSource(`${base}/plain`).size()).rejects.toMatchObject({
      code: "CONTENT_HTTP",
      data: { status: 200 },
    });
    await expect(httpSource(`${base}/short`).read(10, 10)).rejects.toMatchObject({ code: "CONTENT_TRUNCATED" });
  });
  it("notices a file that changes meanwhile", async () => {
    const source = httpSource(`${base}/file`);
    await source.read(0, 10);
    tag = '"2"';
    await expect(source.read(10, 10)).rejects.toMatchObject({ code: "CONTENT_TRUNCATED" });
  });
});
