import { COMPRESSOR, METADATA_BYTES } from "../format.ts";
import type { Compressor } from "./compressor.ts";
import { fastLz4, optimalLz4 } from "./lz4-encode.ts";

/** Levels from here on are LZ4 HC. */
const HIGH_LEVEL = 3;

/** Raw LZ4 blocks; the kernel refuses an image whose options do not name version 1. */
export function lz4Compressor(level: number, blockSizeBytes: number): Compressor {
  const high = level >= HIGH_LEVEL;
  const most = Math.max(blockSizeBytes, METADATA_BYTES);
  const encoder = high ? optimalLz4(most, 2 ** (level - 1)) : fastLz4();
  const options = new DataView(new ArrayBuffer(8));
  options.setUint32(0, 1, true); // version
  options.setUint32(4, high ? 1 : 0, true);
  return {
    id: COMPRESSOR.lz4,
    options: new Uint8Array(options.buffer),
    compress: async (bytes, into) => encoder.encode(bytes, into),
    compressNow(bytes) {
      const out = new Uint8Array(bytes.length);
      return out.subarray(0, encoder.encode(bytes, out));
    },
  };
}
