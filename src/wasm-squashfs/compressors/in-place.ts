import type { Bytes } from "../../core/index.ts";
import type { ResolvedOptions } from "../options.ts";

/** Compresses a block on this thread. */
export type CompressHere = (bytes: Bytes) => Uint8Array;

/** What an encoder is made from; goes to a worker as it is. */
export type EncoderSettings = Pick<ResolvedOptions, "compressor" | "level" | "blockSizeBytes">;

/** The encoder in plain code or WebAssembly: on any runtime, with the same bytes on each. */
export async function openInPlace({ compressor, level, blockSizeBytes }: EncoderSettings): Promise<CompressHere> {
  switch (compressor) {
    case "gzip": {
      // Loaded on demand: its tables take 10 MB that Node does not need.
      const { zlibSync } = await import("fflate");
      return (bytes) => zlibSync(bytes, { level: level as 1 });
    }
    case "zstd":
      return (await import("./zstd.ts")).openWasmZstd(level);
    case "xz":
      return (await import("./xz-wasm.ts")).openWasmXz(level, blockSizeBytes);
    case "lz4":
      return (await import("./lz4.ts")).openLz4(level, blockSizeBytes);
    case "none":
      return (bytes) => bytes;
  }
}
