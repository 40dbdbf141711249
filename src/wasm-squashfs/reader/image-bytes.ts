import { type ByteSource, type Bytes, PvError, type Source } from "../../core/index.ts";
import { concatBytes, toByteSource } from "../../core/internal.ts";

/** Read at a time: one HTTP Range request, one system call. */
const CHUNK_BYTES = 256 * 1024;
/** 4 MiB are kept: read-ahead of the largest blocks, and the tables beside them. */
const MAX_CHUNKS = 16;

/** The bytes of an image, read in few large pieces; what is in memory is answered without waiting. */
export interface ImageBytes {
  /** Length of the file. */
  readonly sizeBytes: number;
  /** Exactly `length` bytes at `offset`; the caller has checked that they exist. */
  read(offset: number, length: number): Bytes | Promise<Bytes>;
  /** Releases the source. */
  close(): Promise<void>;
}

function chunked(source: ByteSource, sizeBytes: number): ImageBytes {
  // In order of use, oldest first.
  const chunks = new Map<number, Bytes | Promise<Bytes>>();

  async function load(index: number): Promise<Bytes> {
    const offset = index * CHUNK_BYTES;
    const expected = Math.min(CHUNK_BYTES, sizeBytes - offset);
    const parts: Bytes[] = [];
    for (let at = 0; at < expected; ) {
      const bytes = await source.read(offset + at, expected - at);
      if (bytes.length === 0) {
        throw new PvError("CONTENT_TRUNCATED", `the image ends at byte ${offset + at} of ${sizeBytes}`, {
          expected: sizeBytes,
          actual: offset + at,
        });
      }
      parts.push(bytes);
      at += bytes.length;
    }
    const chunk = concatBytes(parts);
    if (chunks.has(index)) chunks.set(index, chunk);
    return chunk;
  }

  function start(index: number): Promise<Bytes> {
    const loading = load(index);
    // Whoever waits for it is told; a later request tries again.
    loading.catch(() => chunks.delete(index));
    for (const oldest of chunks.keys()) {
      if (chunks.size < MAX_CHUNKS) break;
      chunks.delete(oldest);
    }
    chunks.set(index, loading);
    return loading;
  }

  function chunk(index: number): Bytes | Promise<Bytes> {
    const found = chunks.get(index);
    if (found) {
      chunks.delete(index);
      chunks.set(index, found);
    }
    const bytes = found ?? start(index);
    // Who reads two in a row goes on, most likely.
    const next = index + 1;
    if (chunks.has(index - 1) && !chunks.has(next) && next * CHUNK_BYTES < sizeBytes) start(next);
    return bytes;
  }

  return {
    sizeBytes,
    read(offset, length) {
      const first = Math.floor(offset / CHUNK_BYTES);
      const last = Math.floor((offset + Math.max(0, length - 1)) / CHUNK_BYTES);
      const inFirst = offset - first * CHUNK_BYTES;
      if (first === last) {
        const found = chunk(first);
        return found instanceof Promise
          ? found.then((bytes) => bytes.subarray(inFirst, inFirst + length))
          : found.subarray(inFirst, inFirst + length);
      }
      const parts: (Bytes | Promise<Bytes>)[] = [];
      for (let index = first; index <= last; index++) parts.push(chunk(index));
      return Promise.all(parts).then((all) => {
        const out = new Uint8Array(length);
        let at = 0;
        for (const bytes of all) {
          const from = at === 0 ? inFirst : 0;
          const part = bytes.subarray(from, from + length - at);
          out.set(part, at);
          at += part.length;
        }
        return out;
      });
    },
    async close() {
      chunks.clear();
      await source.close?.();
    },
  };
}

/** Opens a source; bytes that are in memory already are not copied. */
export async function openImageBytes(source: Source): Promise<ImageBytes> {
  if (source instanceof Uint8Array) {
    const bytes: Bytes = source.buffer instanceof ArrayBuffer ? (source as Bytes) : new Uint8Array(source);
    return {
      sizeBytes: bytes.length,
      read: (offset, length) => bytes.subarray(offset, offset + length),
      async close() {},
    };
  }
  const byteSource = toByteSource(source);
  return chunked(byteSource, await byteSource.size());
}
