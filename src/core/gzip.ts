import { concatBytes } from "./bytes.ts";
import { crc32 } from "./crc32.ts";
import { type NativeZlib, nativeZlib } from "./native.ts";
import type { Bytes } from "./types.ts";

/** How to gzip. */
export interface GzipOptions {
  /** 0 (stored) to 9 (smallest); 6 unless given. */
  level?: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | undefined;
  /** The same bytes on every runtime, through fflate: slower. */
  portable?: boolean | undefined;
}

/** RFC 1952: deflate, no flags, no time, no extra flags, system unknown. */
const HEADER = /* @__PURE__ */ new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
const CHUNK_BYTES = 2 ** 20;
const WINDOW_BYTES = 32768;
/** Chunks compressed at the same time; the runtime's pool has four threads unless told. */
const IN_FLIGHT = 4;

/** Pieces of exactly `size` bytes and a rest, so that the output does not depend on how the input was cut. */
async function* rechunk(chunks: AsyncIterable<Bytes>, size: number): AsyncGenerator<Bytes, void, void> {
  let parts: Bytes[] = [];
  let length = 0;
  for await (let chunk of chunks) {
    while (chunk.length > 0) {
      const part = chunk.subarray(0, size - length);
      chunk = chunk.subarray(part.length);
      parts.push(part);
      length += part.length;
      if (length < size) continue;
      yield concatBytes(parts);
      parts = [];
      length = 0;
    }
  }
  if (length > 0) yield concatBytes(parts);
}

/**
 * Chunks of 1 MiB in the runtime's thread pool, each primed with the 32 KiB before it and ended by a sync flush, so that
 * together they are one deflate stream (as pigz does; measured 1.8 times the speed of one stream on two cores).
 */
async function* deflateInPool(
  zlib: NativeZlib,
  chunks: AsyncIterable<Bytes>,
  level: number,
): AsyncGenerator<Bytes, void, void> {
  const running: Promise<Bytes>[] = [];
  let before: Bytes | undefined;
  try {
    for await (const chunk of chunks) {
      const options = {
        level,
        finishFlush: zlib.constants["Z_SYNC_FLUSH"]!,
        ...(before && level > 0 ? { dictionary: before } : {}),
      };
      running.push(
        new Promise((resolve, reject) => {
          zlib.deflateRaw(chunk, options, (error, bytes) => (error ? reject(error) : resolve(bytes)));
        }),
      );
      before = chunk.subarray(-WINDOW_BYTES);
      if (running.length >= IN_FLIGHT) yield await running.shift()!;
    }
    while (running.length > 0) yield await running.shift()!;
  } finally {
    await Promise.allSettled(running);
  }
  yield new Uint8Array([3, 0]); // an empty last block
}

async function* deflateInPlace(
  chunks: AsyncIterable<Bytes>,
  level: GzipOptions["level"],
): AsyncGenerator<Bytes, void, void> {
  // Loaded on demand: its tables take 10 MB.
  const { Deflate } = await import("fflate");
  let out: Bytes[] = [];
  const stream = new Deflate({ level: level ?? 6 }, (bytes) => out.push(bytes as Bytes));
  for await (const chunk of chunks) {
    stream.push(chunk);
    const made = out;
    out = [];
    yield* made;
  }
  stream.push(new Uint8Array(0), true);
  yield* out;
}

/**
 * Gzips content; the header holds no time, no name and no system, and the bytes do not depend on how the input was cut.
 * Bytes differ between runtimes, because their zlibs do, unless `portable`.
 */
export async function* gzip(
  chunks: AsyncIterable<Bytes>,
  options: GzipOptions = {},
): AsyncGenerator<Bytes, void, void> {
  const { level = 6, portable = false } = options;
  const zlib = portable ? undefined : nativeZlib();
  const streams = !portable && level === 6 && typeof CompressionStream !== "undefined";
  let sum = 0;
  let size = 0;
  async function* summed(): AsyncGenerator<Bytes, void, void> {
    for await (const bytes of rechunk(chunks, zlib ? CHUNK_BYTES : CHUNK_BYTES / 8)) {
      sum = crc32(bytes, sum);
      size = (size + bytes.length) >>> 0;
      yield bytes;
    }
  }
  yield HEADER.slice();
  const packed = zlib
    ? deflateInPool(zlib, summed(), level)
    : streams
      ? (await import("./deflate-stream.ts")).deflateStream(summed())
      : deflateInPlace(summed(), level);
  for await (const bytes of packed) {
    if (bytes.length > 0) yield bytes;
  }
  const trailer = new DataView(new ArrayBuffer(8));
  trailer.setUint32(0, sum, true);
  trailer.setUint32(4, size, true);
  yield new Uint8Array(trailer.buffer);
}
