import type { Bytes } from "../../core/index.ts";

/** Compresses blocks; whoever calls stores a block as it is where that is no longer than the result. */
export interface Compressor {
  /** The number in the superblock. */
  id: number;
  /** Content of the compressor options block, absent where the defaults hold. */
  options?: Bytes;
  /** Compresses a data block, off the main thread where the runtime can; `bytes` stay untouched until it is done. */
  compress(bytes: Bytes): Promise<Uint8Array>;
  /** Compresses a metadata block on the spot. */
  compressNow(bytes: Bytes): Uint8Array;
}
