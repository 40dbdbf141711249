import type { ByteStream, Bytes } from "./types.ts";

/**
 * Chunks as a Web stream, pulled one at a time; cancelling it ends the iterator, so `finally` blocks run.
 */
export function toStream(chunks: AsyncIterable<Bytes>): ByteStream {
  let iterator: AsyncIterator<Bytes> | undefined;
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        iterator ??= chunks[Symbol.asyncIterator]();
        try {
          const { done, value } = await iterator.next();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          controller.error(error);
        }
      },
      async cancel(reason) {
        iterator ??= chunks[Symbol.asyncIterator]();
        await iterator.return?.(reason);
      },
    },
    // Nothing is read before the first pull: a stream that nobody reads opens no file.
    { highWaterMark: 0 },
  );
}

/** Reads exact counts from a stream of chunks without copying more than a chunk's edge. */
export interface ChunkReader {
  /** Exactly `count` bytes, fewer only at the end. */
  read(count: number): Promise<Bytes>;
  /** The next bytes, at most `most`; empty at the end. */
  some(most: number): Promise<Bytes>;
  /** Skips `count` bytes; says how many there were. */
  skip(count: number): Promise<number>;
  /** Ends the underlying iterator. */
  close(): Promise<void>;
  /** Bytes handed out or skipped so far. */
  readonly position: number;
}

/** A {@link ChunkReader} over an iterator of chunks. */
export function chunkReader(chunks: AsyncIterable<Bytes>): ChunkReader {
  const iterator = chunks[Symbol.asyncIterator]();
  let rest: Bytes = new Uint8Array(0);
  let position = 0;
  async function fill(): Promise<boolean> {
    while (rest.length === 0) {
      const { done, value } = await iterator.next();
      if (done) return false;
      rest = value;
    }
    return true;
  }
  async function some(most: number): Promise<Bytes> {
    if (most === 0 || !(await fill())) return new Uint8Array(0);
    const out = rest.subarray(0, most);
    rest = rest.subarray(out.length);
    position += out.length;
    return out;
  }
  return {
    some,
    async read(count) {
      const first = await some(count);
      if (first.length === count || first.length === 0) return first;
      const out = new Uint8Array(count);
      out.set(first);
      let at = first.length;
      while (at < count) {
        const next = await some(count - at);
        if (next.length === 0) return out.subarray(0, at);
        out.set(next, at);
        at += next.length;
      }
      return out;
    },
    async skip(count) {
      let done = 0;
      while (done < count) {
        const next = await some(count - done);
        if (next.length === 0) break;
        done += next.length;
      }
      return done;
    },
    async close() {
      rest = new Uint8Array(0);
      await iterator.return?.();
    },
    get position() {
      return position;
    },
  };
}
