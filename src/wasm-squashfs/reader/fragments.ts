import type { Bytes } from "../../core/index.ts";
import { createHasher } from "../../objects/index.ts";
import { DATA_LENGTH_MASK, DATA_UNCOMPRESSED, SUPERBLOCK_BYTES } from "../format.ts";
import { invalid, type SquashfsCheck } from "./checks.ts";
import { DecodeFailure, type Decoder } from "./decoders/decoder.ts";
import type { ImageBytes } from "./image-bytes.ts";
import type { LookupTable } from "./layout.ts";
import { readU64, type Superblock } from "./superblock.ts";

/** Expanded fragment blocks kept. */
const CACHE_BYTES = 4 * 2 ** 20;
const MAX_CACHED = 32;
/** Blocks expanded ahead of a reader that goes through them in order. */
const AHEAD = 4;

const CHECK_OF = {
  corrupt: "fragment-corrupt",
  overlong: "fragment-overlong",
  dictionary: "dictionary-size",
} as const satisfies Record<string, SquashfsCheck>;

/** A fragment block as it is stored. */
export interface StoredFragment {
  word: number;
  position: number;
  bytes: Bytes;
}

/** The blocks that hold the tails of files. */
export class FragmentBlocks {
  readonly #bytes: ImageBytes;
  readonly #decoder: Decoder;
  readonly #superblock: Superblock;
  readonly #table: LookupTable | undefined;
  /** In order of use, oldest first. */
  readonly #blocks = new Map<number, Promise<Bytes>>();
  readonly #hashes = new Map<number, Promise<Bytes>>();
  readonly #most: number;

  constructor(bytes: ImageBytes, decoder: Decoder, superblock: Superblock, table: LookupTable | undefined) {
    this.#bytes = bytes;
    this.#decoder = decoder;
    this.#superblock = superblock;
    this.#table = table;
    this.#most = Math.min(MAX_CACHED, CACHE_BYTES / superblock.blockSize);
  }

  /** The block as it lies in the image; `index` has been checked against the count. */
  async stored(index: number): Promise<StoredFragment> {
    const { blockSize, inodeTable } = this.#superblock;
    const entry = await this.#table!.entry(index);
    const position = readU64(entry, 0);
    const word = entry.getUint32(8, true);
    const length = word & DATA_LENGTH_MASK;
    const where = Math.min(position, this.#bytes.sizeBytes);
    if (word >>> 25 !== 0 || length === 0 || length > blockSize)
      throw invalid("fragment-word", where, `0x${word.toString(16)}`);
    if (position < SUPERBLOCK_BYTES || position + length > inodeTable)
      throw invalid("fragment-position", where, `fragment ${index}`);
    return { word, position, bytes: await this.#bytes.read(position, length) };
  }

  /** The expanded block; it must not be changed. */
  block(index: number): Promise<Bytes> {
    const found = this.#blocks.get(index);
    const block = found ?? this.#expand(index);
    if (found) this.#blocks.delete(index);
    this.#keep(index, block);
    if (!found && this.#decoder.pooled && this.#blocks.has(index - 1)) {
      const last = Math.min(index + AHEAD, this.#superblock.fragments - 1);
      for (let next = index + 1; next <= last; next++)
        if (!this.#blocks.has(next)) this.#keep(next, this.#expand(next));
    }
    return block;
  }

  /** SHA-256 of the stored block and its size word. */
  hash(index: number): Promise<Bytes> {
    let hash = this.#hashes.get(index);
    if (!hash) {
      hash = this.stored(index).then(({ word, bytes }) =>
        createHasher()
          .update(new Uint8Array(Uint32Array.of(word).buffer))
          .update(bytes)
          .digest(),
      );
      hash.catch(() => this.#hashes.delete(index));
      this.#hashes.set(index, hash);
      for (const oldest of this.#hashes.keys()) {
        if (this.#hashes.size <= 4096) break;
        this.#hashes.delete(oldest);
      }
    }
    return hash;
  }

  #keep(index: number, block: Promise<Bytes>): void {
    this.#blocks.set(index, block);
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= this.#most) break;
      this.#blocks.delete(oldest);
    }
  }

  #expand(index: number): Promise<Bytes> {
    const block = this.#load(index);
    block.catch(() => this.#blocks.delete(index));
    return block;
  }

  async #load(index: number): Promise<Bytes> {
    const { word, position, bytes } = await this.stored(index);
    // A copy: a window would keep the whole chunk of the image in memory.
    if ((word & DATA_UNCOMPRESSED) !== 0) return bytes.slice();
    try {
      return await this.#decoder.decode(bytes, this.#superblock.blockSize);
    } catch (error) {
      if (!(error instanceof DecodeFailure)) throw error;
      throw invalid(CHECK_OF[error.reason], position, error.message, error);
    }
  }
}
