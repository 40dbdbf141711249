import { COMPRESSOR } from "../format.ts";
import type { Compressor } from "./compressor.ts";

/** Stores everything as it is; the image still names a compressor, one that every kernel has. */
export function noCompressor(): Compressor {
  return { id: COMPRESSOR.gzip, compress: async (bytes) => bytes.length, compressNow: (bytes) => bytes };
}
