import { type Bytes, type NativeZlib, nativeZlib } from "../../core/index.ts";
import { COMPRESSOR } from "../format.ts";
import { codecMissing } from "./codec-missing.ts";
import type { Compressor } from "./compressor.ts";
import { type BlockStream, hasReusableStreams, LANE_CHUNK_BYTES, lanePool, put } from "./lane-pool.ts";

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
export async function zstdCompressor(level: number, portable: boolean): Promise<Compressor> {
  const base = { id: COMPRESSOR.zstd, options: zstdOptions(level) };
  const zlib = portable ? undefined : nativeZlib();
  if (zlib?.zstdCompressSync) return { ...base, ...nativeZstd(zlib as ZstdZlib, level) };
  const { Zstd } = await import("@hpcc-js/wasm-zstd").catch((cause: unknown) => {
    throw codecMissing("zstd", "@hpcc-js/wasm-zstd", "or run on Node 22.15 or later, which has zstd", cause);
  });
  const zstd = await Zstd.load();
  const compressNow = (bytes: Bytes): Uint8Array => zstd.compress(bytes, level);
  return { ...base, compressNow, compress: async (bytes, into) => put(compressNow(bytes), bytes, into) };
}

function nativeZstd(zlib: ZstdZlib, level: number): Pick<Compressor, "compress" | "compressNow"> {
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
