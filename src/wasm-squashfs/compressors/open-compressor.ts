import type { ResolvedOptions } from "../options.ts";
import type { Compressor } from "./compressor.ts";
import { gzipCompressor } from "./gzip.ts";

/** The compressor that options ask for; only its code is loaded. */
export async function openCompressor(options: ResolvedOptions): Promise<Compressor> {
  const { compressor, level, blockSizeBytes, portable } = options;
  const settings = { compressor, level, blockSizeBytes };
  switch (compressor) {
    case "gzip":
      return gzipCompressor(settings, portable);
    case "zstd":
      return (await import("./zstd.ts")).zstdCompressor(settings, portable);
    case "xz":
      return (await import("./xz.ts")).xzCompressor(settings, portable);
    case "lz4":
      return (await import("./lz4.ts")).lz4Compressor(settings);
    case "none":
      return (await import("./none.ts")).noCompressor();
  }
}
