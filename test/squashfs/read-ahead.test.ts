import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type ByteSource, type Bytes, files, memorySink, readBytes } from "../../src/index.ts";
import { openSquashfs, writeSquashfs } from "../../src/wasm-squashfs/index.ts";
import { prose } from "./write-helpers.ts";

const BLOCK = 131_072;
/** Every fourth file is small, the others have one block and more. */
const contents = Array.from({ length: 24 }, (_, at) => prose(at % 4 === 3 ? 900 : BLOCK + at * 1000, at + 1));
const nameOf = (at: number): string => `file-${String(at).padStart(2, "0")}`;

async function image(): Promise<Bytes> {
  const sink = memorySink();
  await writeSquashfs(files(Object.fromEntries(contents.map((bytes, at) => [nameOf(at), bytes]))), sink);
  return readBytes(sink.written);
}

/** The image with a byte changed in the middle of the first block of a file. */
async function damaged(at: number): Promise<Bytes> {
  const bytes = await image();
  const block = deflateSync(contents[at]!.subarray(0, BLOCK), { level: 6 });
  const position = Buffer.from(bytes.buffer).indexOf(block);
  expect(position).toBeGreaterThan(0);
  bytes[position + (block.length >> 1)]! ^= 0x55;
  return bytes;
}

/** Takes its time where the contents of later files are, and tells what is read after `close`. */
function slowSource(bytes: Bytes): ByteSource & { reading: number; afterClose: number } {
  let closed = false;
  return {
    reading: 0,
    afterClose: 0,
    async size() {
      return bytes.length;
    },
    async read(offset, length) {
      this.reading++;
      if (closed) this.afterClose++;
      const later = offset >= 2 ** 18 && offset < bytes.length - 2 ** 18;
      await new Promise((resolve) => setTimeout(resolve, later ? 40 : 0));
      this.reading--;
      return bytes.slice(offset, offset + length);
    },
    async close() {
      closed = true;
    },
  };
}

describe("a walk that is ahead of its reader", () => {
  it("gives every content, whether read, read twice, in another order or not at all", async () => {
    await using opened = await openSquashfs(await image());
    const entries = [];
    for await (const entry of opened) {
      if (entry.kind !== "file") continue;
      entries.push(entry);
      const at = entries.length - 1;
      if (at % 3 !== 0) expect(await readBytes(entry.open())).toEqual(contents[at]);
      if (at % 3 === 1) expect(await readBytes(entry.open())).toEqual(contents[at]);
    }
    expect(entries).toHaveLength(contents.length);
    for (let at = contents.length - 1; at >= 0; at--)
      expect(await readBytes(entries[at]!.open())).toEqual(contents[at]);
  });

  it.each([4, 9])("fails at the damaged file %i and not before", async (broken) => {
    await using opened = await openSquashfs(await damaged(broken));
    let at = 0;
    for await (const entry of opened) {
      if (entry.kind !== "file") continue;
      if (at === broken) {
        const error = await readBytes(entry.open()).catch((reason: unknown) => reason);
        expect(error).toMatchObject({ code: "SQUASHFS_INVALID", data: { check: expect.stringMatching(/^block-/) } });
      } else expect(await readBytes(entry.open())).toEqual(contents[at]);
      at++;
    }
    expect(at).toBe(contents.length);
  });

  it("leaves alone a damaged file that nobody reads", async () => {
    await using opened = await openSquashfs(await damaged(5));
    let at = 0;
    for await (const entry of opened) {
      if (entry.kind !== "file") continue;
      if (at !== 5) expect(await readBytes(entry.open())).toEqual(contents[at]);
      at++;
    }
  });

  it("counts only what is read", async () => {
    const limits = { maxBytes: contents[0]!.length + contents[1]!.length + 5000 };
    await using opened = await openSquashfs(await image(), limits);
    const seen: number[] = [];
    for await (const entry of opened) {
      if (entry.kind !== "file") continue;
      if (seen.length === 2) break;
      seen.push((await readBytes(entry.open())).length);
    }
    expect(seen).toEqual([contents[0]!.length, contents[1]!.length]);
  });

  it("has nothing left to read when the image is closed", async () => {
    const source = slowSource(await image());
    const opened = await openSquashfs(source);
    for await (const entry of opened) {
      if (entry.kind !== "file") continue;
      await readBytes(entry.open());
      break;
    }
    await opened[Symbol.asyncDispose]();
    expect(source.reading).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(source).toMatchObject({ reading: 0, afterClose: 0 });
  });
});
