import type { Bytes } from "../../core/index.ts";

/** Compresses blocks; whoever calls stores a block as it is where that is no longer than the result. */
export interface Encoder {
  /**
   * Compresses a data block, off the main thread where the runtime can; `bytes` must stay untouched until it is done.
   * Returns the length of the result, which is put into `into` if it is shorter than `bytes`.
   */
  compress(bytes: Bytes, into: Bytes): Promise<number>;
  /** Compresses a metadata block on the spot. */
  compressNow(bytes: Bytes): Uint8Array;
  /** Ends what works for it. */
  close?(): void;
}

/** An encoder, and what an image says of it. */
export interface Compressor extends Encoder {
  /** The number in the superblock. */
  id: number;
  /** Content of the compressor options block, absent where the defaults hold. */
  options?: Bytes | undefined;
}
