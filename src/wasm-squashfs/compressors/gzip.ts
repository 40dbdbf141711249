import { type Bytes, nativeZlib } from "../../core/index.ts";
import { COMPRESSOR } from "../format.ts";
import type { Compressor } from "./compressor.ts";
import { deflateLane, type Lane } from "./deflate-lane.ts";

/** The level of the kernel's and mksquashfs' default; any other is said in the image. */
const DEFAULT_LEVEL = 9;

function gzipOptions(level: number): Bytes | undefined {
  if (level === DEFAULT_LEVEL) return undefined;
  const options = new DataView(new ArrayBuffer(8));
  options.setUint32(0, level, true);
  options.setUint16(4, 15, true); // window bits
  options.setUint16(6, 1, true); // the default strategy
  return new Uint8Array(options.buffer);
}

/** Zlib streams (RFC 1950): the runtime's zlib in its thread pool, or fflate, which gives the same bytes everywhere. */
export async function gzipCompressor(level: number, portable: boolean): Promise<Compressor> {
  const zlib = portable ? undefined : nativeZlib();
  const base = { id: COMPRESSOR.gzip, options: gzipOptions(level) };
  if (!zlib) {
    // Loaded on demand: its tables take 10 MB that Node does not need.
    const { zlibSync } = await import("fflate");
    const fflateLevel = level as 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
    const compressNow = (bytes: Bytes): Uint8Array => zlibSync(bytes, { level: fflateLevel });
    return { ...base, compressNow, compress: async (bytes, into) => put(compressNow(bytes), bytes, into) };
  }
  const idle: Lane[] = [];
  return {
    ...base,
    compressNow: (bytes) => zlib.deflateSync(bytes, { level }),
    async compress(bytes, into) {
      const lane = idle.pop() ?? deflateLane(zlib, level);
      const length = await lane(bytes, into);
      idle.push(lane);
      return length;
    },
  };
}

/** Puts a result that is worth it where it belongs. */
export function put(packed: Uint8Array, bytes: Uint8Array, into: Uint8Array): number {
  if (packed.length < bytes.length) into.set(packed);
  return packed.length;
}
