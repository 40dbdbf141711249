import type { Bytes } from "../../core/index.ts";
import { METADATA_BYTES, METADATA_UNCOMPRESSED } from "../format.ts";
import { Arena } from "./columns.ts";

/** Compresses a block on the spot; undefined where that gains nothing. */
export type CompressNow = (bytes: Bytes) => Uint8Array | undefined;

/**
 * A table as metadata blocks of 8 KiB, kept compressed in memory. Blocks are compressed as they fill, because a
 * reference to what comes next is the position of its compressed block.
 */
export class MetadataWriter {
  readonly #compress: CompressNow;
  readonly #out: Arena = new Arena();
  readonly #block: Bytes = new Uint8Array(METADATA_BYTES);
  #filled = 0;

  constructor(compress: CompressNow) {
    this.#compress = compress;
  }

  /** Position, relative to the table, of the block that takes the next byte. */
  get blockPosition(): number {
    return this.#out.length;
  }

  /** Offset of the next byte in its block. */
  get blockOffset(): number {
    return this.#filled;
  }

  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + METADATA_BYTES - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === METADATA_BYTES) this.#flush();
    }
  }

  /** The table's bytes. */
  finish(): Bytes {
    if (this.#filled > 0) this.#flush();
    return this.#out.view(0, this.#out.length);
  }

  #flush(): void {
    const block = this.#block.subarray(0, this.#filled);
    const packed = this.#compress(block);
    const payload = packed ?? block;
    const header = payload.length | (packed ? 0 : METADATA_UNCOMPRESSED);
    const at = this.#out.reserve(payload.length + 2);
    this.#out.bytes[at] = header & 255;
    this.#out.bytes[at + 1] = header >> 8;
    this.#out.bytes.set(payload, at + 2);
    this.#filled = 0;
  }
}
