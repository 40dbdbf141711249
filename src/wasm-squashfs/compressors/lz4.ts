import type { Bytes } from "../../core/index.ts";
import { COMPRESSOR, METADATA_BYTES } from "../format.ts";
import type { Compressor } from "./compressor.ts";
import type { CompressHere, EncoderSettings } from "./in-place.ts";
import { fastLz4, optimalLz4 } from "./lz4-encode.ts";
import { pooled } from "./pooled.ts";

/** Levels from here on are LZ4 HC. */
const HIGH_LEVEL = 3;

/** Raw LZ4 blocks; the kernel refuses an image whose options do not name version 1. */
export async function lz4Compressor(settings: EncoderSettings): Promise<Compressor> {
  const options = new DataView(new ArrayBuffer(8));
  options.setUint32(0, 1, true); // version
  options.setUint32(4, settings.level >= HIGH_LEVEL ? 1 : 0, true);
  return { id: COMPRESSOR.lz4, options: new Uint8Array(options.buffer), ...(await pooled(settings)) };
}

/** The encoder for a level; each has tables of its own. */
export function openLz4(level: number, blockSizeBytes: number): CompressHere {
  const most = Math.max(blockSizeBytes, METADATA_BYTES);
  const encoder = level >= HIGH_LEVEL ? optimalLz4(most, 2 ** (level - 1)) : fastLz4();
  return (bytes: Bytes) => {
    const out = new Uint8Array(bytes.length);
    return out.subarray(0, encoder.encode(bytes, out));
  };
}
