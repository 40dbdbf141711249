import type { ResolvedOptions } from "../options.ts";
import type { Compressor } from "./compressor.ts";
import { gzipCompressor } from "./gzip.ts";

/** The compressor that options ask for; only its code is loaded. */
export async function openCompressor({
  compressor,
  level,
  blockSizeBytes,
  portable,
}: ResolvedOptions): Promise<Compressor> {
  switch (compressor) {
    case "gzip":
      return gzipCompressor(level, portable);
    case "zstd":
      return (await import("./zstd.ts")).zstdCompressor(level, portable);
    case "xz":
      return (await import("./xz.ts")).xzCompressor(level, blockSizeBytes, portable);
    case "lz4":
      return (await import("./lz4.ts")).lz4Compressor(level, blockSizeBytes);
    case "none":
      return (await import("./none.ts")).noCompressor();
  }
}
