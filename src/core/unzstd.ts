import { PvError } from "./errors.ts";
import type { Bytes } from "./types.ts";
import { createXxh64 } from "./xxh64.ts";
import { decodeFrames } from "./zstd-frames.ts";

/** Input taken at a time: four bytes of a zstd frame can stand for 128 KiB. */
const SLICE_BYTES = 4096;

async function load(): Promise<typeof import("fzstd")> {
  try {
    return await import("fzstd");
  } catch (cause) {
    throw new PvError(
      "CODEC_MISSING",
      "zstd data needs Node 22.15 or the package fzstd",
      { codec: "zstd", install: "npm install fzstd" },
      { hint: "npm install fzstd", cause },
    );
  }
}

/** Decompresses zstd through the optional package fzstd, which leaves a frame's checksum to its caller. */
export async function* portableUnzstd(chunks: AsyncIterable<Bytes>): AsyncGenerator<Bytes, void, void> {
  const { Decompress } = await load();
  yield* decodeFrames(chunks, async function* (frame, checksum) {
    const sum = createXxh64();
    let out: Bytes[] = [];
    const stream = new Decompress((bytes) => out.push(bytes as Bytes));
    function push(slice: Bytes, final: boolean): Bytes[] {
      try {
        stream.push(slice, final);
      } catch (cause) {
        throw new PvError("CONTENT_CORRUPT", "the zstd data is corrupt", { format: "zstd" }, { cause });
      }
      const made = out.filter((bytes) => bytes.length > 0);
      out = [];
      for (const bytes of made) sum.update(bytes);
      return made;
    }
    // The package gives a frame of less than 18 bytes only when it is told that it has all of it.
    let held: Bytes = new Uint8Array(0);
    for await (const chunk of frame) {
      for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
        if (held.length > 0) yield* push(held, false);
        held = chunk.subarray(at, at + SLICE_BYTES);
      }
    }
    yield* push(held, true);
    const wanted = checksum();
    if (wanted !== undefined && wanted !== sum.low32())
      throw new PvError("CONTENT_CORRUPT", "the zstd data is corrupt: wrong checksum", { format: "zstd" });
  });
}
