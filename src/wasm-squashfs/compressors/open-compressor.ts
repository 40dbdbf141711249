import type { ResolvedOptions } from "../options.ts";
import type { Compressor } from "./compressor.ts";
import { gzipCompressor } from "./gzip.ts";
import { noCompressor } from "./none.ts";

/** The compressor that options ask for. */
export async function openCompressor(options: ResolvedOptions): Promise<Compressor> {
  switch (options.compressor) {
    case "gzip":
      return gzipCompressor(options.level, options.portable);
    case "none":
      return noCompressor();
    default:
      throw new TypeError(`not yet: ${options.compressor}`);
  }
}
