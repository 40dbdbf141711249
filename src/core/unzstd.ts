import { PvError } from "./errors.ts";
import { truncated } from "./gunzip.ts";
import type { Bytes } from "./types.ts";
import { createZstdFrames } from "./zstd-frames.ts";

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

/**
 * Decompresses zstd through the optional package fzstd. The package does not compare a frame's own checksum (XXH64);
 * what has a SHA-256 of its own, as an image layer has, is checked there.
 */
export async function* portableUnzstd(chunks: AsyncIterable<Bytes>): AsyncGenerator<Bytes, void, void> {
  const { Decompress } = await load();
  const frames = createZstdFrames();
  let out: Bytes[] = [];
  const stream = new Decompress((bytes) => out.push(bytes as Bytes));
  let taken = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
      const slice = chunk.subarray(at, at + SLICE_BYTES);
      taken += slice.length;
      frames.push(slice); // before the decoder allocates what a header asks for
      try {
        stream.push(slice);
      } catch (cause) {
        throw new PvError("CONTENT_CORRUPT", "the zstd data is corrupt", { format: "zstd" }, { cause });
      }
      const made = out;
      out = [];
      for (const bytes of made) if (bytes.length > 0) yield bytes;
    }
  }
  if (!frames.complete()) throw truncated("zstd", taken);
}
