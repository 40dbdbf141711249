import type { Bytes } from "../../core/index.ts";
import { type NativeZlib, nativeZlib } from "../../core/internal.ts";
import { COMPRESSOR } from "../format.ts";
import type { Compressor, Encoder } from "./compressor.ts";
import type { EncoderSettings } from "./in-place.ts";
import { type BlockStream, hasReusableStreams, LANE_CHUNK_BYTES, lanePool, put } from "./lane-pool.ts";

/** The level of the kernel's and mksquashfs' default; any other is said in the image. */
const DEFAULT_LEVEL = 9;

/**
 * Blocks of at least this length may go through a stream that was used before. Node's zlib looks a few bytes past its
 * input: in a window (64 KiB) that is not full yet those are left from the block before, and the result depends on them.
 */
const REUSE_BYTES = 98304;

interface DeflateStream extends BlockStream {
  reset(): void;
}

/** `node:zlib` with what lanes need of it. */
interface DeflatingZlib extends NativeZlib {
  createDeflate(options: { level: number; chunkSize: number; flush: number }): DeflateStream;
}

function gzipOptions(level: number): Bytes | undefined {
  if (level === DEFAULT_LEVEL) return undefined;
  const options = new DataView(new ArrayBuffer(8));
  options.setUint32(0, level, true);
  options.setUint16(4, 15, true); // window bits
  options.setUint16(6, 1, true); // the default strategy
  return new Uint8Array(options.buffer);
}

/** Zlib streams (RFC 1950): the runtime's zlib in its thread pool, or fflate, which gives the same bytes everywhere. */
export async function gzipCompressor(settings: EncoderSettings, portable: boolean): Promise<Compressor> {
  const { level } = settings;
  const zlib = portable ? undefined : nativeZlib();
  const encoder = zlib
    ? nativeDeflate(zlib as DeflatingZlib, level)
    : await (await import("./pooled.ts")).pooled(settings);
  return { id: COMPRESSOR.gzip, options: gzipOptions(level), ...encoder };
}

function nativeDeflate(zlib: DeflatingZlib, level: number): Encoder {
  const once = (bytes: Bytes, into: Bytes): Promise<number> =>
    new Promise((resolve, reject) => {
      zlib.deflate(bytes, { level }, (error, packed) => (error ? reject(error) : resolve(put(packed, bytes, into))));
    });
  // With this flush every write is a whole stream.
  const flush = zlib.constants["Z_FINISH"]!;
  const again = lanePool(
    () => zlib.createDeflate({ level, chunkSize: LANE_CHUNK_BYTES, flush }),
    (stream) => stream.reset(),
  );
  const reusable = hasReusableStreams();
  return {
    compressNow: (bytes) => zlib.deflateSync(bytes, { level }),
    compress: (bytes, into) => (reusable && bytes.length >= REUSE_BYTES ? again : once)(bytes, into),
  };
}
