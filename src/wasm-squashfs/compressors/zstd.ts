import type { Bytes } from "../../core/index.ts";
import { type NativeZlib, nativeZlib } from "../../core/internal.ts";
import { COMPRESSOR } from "../format.ts";
import { codecMissing } from "./codec-missing.ts";
import type { Compressor, Encoder } from "./compressor.ts";
import type { CompressHere, EncoderSettings } from "./in-place.ts";
import { type BlockStream, hasReusableStreams, LANE_CHUNK_BYTES, lanePool, put } from "./lane-pool.ts";
import { pooled } from "./pooled.ts";

/** The level of mksquashfs; any other is said in the image. */
const DEFAULT_LEVEL = 15;

/** `node:zlib` of Node >= 22.15. */
interface ZstdZlib extends NativeZlib {
  createZstdCompress(options: { params: Record<number, number>; chunkSize: number; flush: number }): BlockStream;
}

function zstdOptions(level: number): Bytes | undefined {
  if (level === DEFAULT_LEVEL) return undefined;
  const options = new DataView(new ArrayBuffer(4));
  options.setUint32(0, level, true);
  return new Uint8Array(options.buffer);
}

/** One zstd frame a block, with its content's size in the header: the kernel's workspace is made for the block size. */
export async function zstdCompressor(settings: EncoderSettings, portable: boolean): Promise<Compressor> {
  const { level } = settings;
  const zlib = portable ? undefined : nativeZlib();
  const encoder = zlib?.zstdCompressSync ? nativeZstd(zlib as ZstdZlib, level) : await pooled(settings);
  return { id: COMPRESSOR.zstd, options: zstdOptions(level), ...encoder };
}

/** zstd as WebAssembly; the same bytes as a zstd of the same version elsewhere. */
export async function openWasmZstd(level: number): Promise<CompressHere> {
  const { Zstd } = await import("@hpcc-js/wasm-zstd").catch((cause: unknown) => {
    throw codecMissing("zstd", "@hpcc-js/wasm-zstd", "or run on Node 22.15 or later, which has zstd", cause);
  });
  const zstd = await Zstd.load();
  return (bytes) => zstd.compress(bytes, level);
}

function nativeZstd(zlib: ZstdZlib, level: number): Encoder {
  const params = { [zlib.constants["ZSTD_c_compressionLevel"]!]: level };
  const compressNow = (bytes: Bytes): Uint8Array => zlib.zstdCompressSync!(bytes, { params });
  if (!hasReusableStreams()) {
    return {
      compressNow,
      compress: (bytes, into) =>
        new Promise((resolve, reject) => {
          // Without the size it takes four times as long, for nine percent more bytes.
          const options = { params, pledgedSrcSize: bytes.length };
          zlib.zstdCompress!(bytes, options, (error, packed) =>
            error ? reject(error) : resolve(put(packed, bytes, into)),
          );
        }),
    };
  }
  // With this flush every write is a whole frame, and zstd takes its length for the size.
  const flush = zlib.constants["ZSTD_e_end"]!;
  const compress = lanePool(
    () => zlib.createZstdCompress({ params, chunkSize: LANE_CHUNK_BYTES, flush }),
    () => {},
  );
  return { compressNow, compress };
}
