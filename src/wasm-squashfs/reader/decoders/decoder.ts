import { type Bytes, PvError } from "../../../core/index.ts";
import { nativeZlib } from "../../../core/internal.ts";
import type { CompressorName } from "../superblock.ts";

/** Why a block does not decompress. */
export type DecodeReason = "corrupt" | "overlong" | "dictionary";

/** Thrown by decoders; the reader turns it into the check of the place where the block stands. */
export class DecodeFailure extends Error {
  readonly reason: DecodeReason;
  constructor(reason: DecodeReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

/** Decompresses blocks of one image. */
export interface Decoder {
  /** True where large blocks are decompressed beside this thread, so that several at once are faster. */
  readonly pooled: boolean;
  readonly decode: Decode;
}

/**
 * Decompresses one block to at most `capacity` bytes. The result is the caller's own: nothing else holds it. Small
 * blocks come at once, large ones from the runtime's thread pool where there is one.
 *
 * @throws DecodeFailure when the block is not valid or has more to give than `capacity`.
 */
export type Decode = (input: Bytes, capacity: number) => Bytes | Promise<Bytes>;

/** Below this a trip through the thread pool costs more than it saves. */
export const SYNC_BYTES: number = 16 * 1024;

function missing(codec: string, install: string, hint: string): Decode {
  return () => {
    throw new PvError("CODEC_MISSING", `${codec} blocks cannot be read here`, { codec, install }, { hint });
  };
}

/**
 * The decoder for an image's compressor. Where the runtime has none and no package brings one, using it throws
 * `CODEC_MISSING`: an image whose blocks are all stored as they are reads without.
 */
export async function loadDecoder(compressor: CompressorName, maxWindow: number): Promise<Decoder> {
  const zlib = nativeZlib();
  switch (compressor) {
    case "gzip": {
      const { nativeInflate, portableInflate } = await import("./inflate.ts");
      return zlib ? { pooled: true, decode: nativeInflate(zlib) } : { pooled: false, decode: portableInflate };
    }
    case "zstd": {
      const { nativeZstd, wasmZstd } = await import("./zstd.ts");
      if (zlib?.zstdDecompressSync) return { pooled: true, decode: nativeZstd(zlib, maxWindow) };
      const decode = (await wasmZstd(maxWindow)) ?? missing("zstd", "zstddec", "npm install zstddec");
      return { pooled: false, decode };
    }
    case "xz": {
      const { wasmXz } = await import("./xz.ts");
      const decode = (await wasmXz(maxWindow)) ?? missing("xz", "xz-decompress", "npm install xz-decompress");
      return { pooled: false, decode };
    }
    case "lz4":
      return { pooled: false, decode: (await import("./lz4.ts")).decodeLz4 };
    default:
      return {
        pooled: false,
        decode: missing(compressor, "", "devices do not mount such an image; make it again with gzip, xz, zstd or lz4"),
      };
  }
}
