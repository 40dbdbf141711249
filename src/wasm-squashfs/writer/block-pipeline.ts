import type { Bytes } from "../../core/index.ts";
import { crc32 } from "../../core/internal.ts";
import type { Compressor } from "../compressors/compressor.ts";
import { DATA_UNCOMPRESSED } from "../format.ts";
import { BlockRecords, blockKey } from "../reuse/block-index.ts";
import type { ReusableBlocks } from "../reuse/reusable-blocks.ts";
import type { Output } from "./output.ts";

/** Blocks that may be on their way at once: enough for every thread, too few to fill memory. */
const IN_FLIGHT = 8;

/** The blocks of one file, which may turn out to be there already. */
export interface BlockGroup {
  /** Position of the first stored block; undefined until it is written. */
  start?: number;
  /** Its blocks are not wanted any more. */
  dropped?: boolean;
  /** How many records there were before it. */
  firstRecord?: number;
  /** Bytes taken over for it. */
  reusedBytes?: number;
}

/** A block to be stored. */
export interface NewBlock {
  /** From `takeBuffer`; it goes back by itself. */
  buffer: Bytes;
  /** How much of it is content. */
  length: number;
  /** Says which content it is: same digest, same content. */
  digest: Bytes;
  group: BlockGroup;
  /** Told the size word when the block is written. */
  stored: (word: number) => void;
}

interface BlockInFlight extends NewBlock {
  content: Bytes;
  packed: Bytes;
  result: Promise<{ length: number; reused: boolean }>;
}

/** Compresses blocks side by side, or takes them over, and writes them in the order in which they came. */
export class BlockPipeline {
  readonly records: BlockRecords = new BlockRecords();
  reusedBytes = 0;

  readonly #compressor: Compressor;
  readonly #output: Output;
  readonly #blockSizeBytes: number;
  readonly #reuse: ReusableBlocks | undefined;
  readonly #ring: BlockInFlight[] = [];
  readonly #buffers: Bytes[] = [];

  constructor(compressor: Compressor, output: Output, blockSizeBytes: number, reuse: ReusableBlocks | undefined) {
    this.#compressor = compressor;
    this.#output = output;
    this.#blockSizeBytes = blockSizeBytes;
    this.#reuse = reuse;
  }

  /** A buffer of the size of a block; goes back with `submit` or `release`. */
  takeBuffer(): Bytes {
    return this.#buffers.pop() ?? new Uint8Array(this.#blockSizeBytes);
  }

  release(buffer: Bytes): void {
    this.#buffers.push(buffer);
  }

  /** Takes a block; waits while too many are on their way. */
  async submit(block: NewBlock): Promise<void> {
    while (this.#ring.length >= IN_FLIGHT) await this.#retire();
    const content = block.buffer.subarray(0, block.length);
    const packed = this.takeBuffer();
    const result = this.#pack(content, packed, blockKey(block.digest));
    // A failure is seen when the block's turn comes.
    result.catch(() => {});
    this.#ring.push({ ...block, content, packed, result });
  }

  /** Forgets the blocks of a group, which must be the last that were submitted. */
  drop(group: BlockGroup): void {
    group.dropped = true;
    if (group.start === undefined) return;
    this.#output.rewind(group.start);
    this.records.truncate(group.firstRecord!);
    this.reusedBytes -= group.reusedBytes!;
  }

  /** Writes all that is on its way. */
  async finish(): Promise<void> {
    while (this.#ring.length > 0) await this.#retire();
  }

  async #pack(content: Bytes, into: Bytes, key: number): Promise<{ length: number; reused: boolean }> {
    const found = await this.#reuse?.find(key, content, into);
    if (found !== undefined) return { length: found, reused: true };
    return { length: await this.#compressor.compress(content, into), reused: false };
  }

  async #retire(): Promise<void> {
    const { content, packed, result, group, stored, buffer, digest } = this.#ring[0]!;
    const { length, reused } = await result;
    this.#ring.shift();
    if (!group.dropped) {
      if (group.start === undefined) {
        group.start = this.#output.position;
        group.firstRecord = this.records.length;
        group.reusedBytes = 0;
      }
      const gains = length < content.length;
      const bytes = gains ? packed.subarray(0, length) : content;
      const word = gains ? length : content.length | DATA_UNCOMPRESSED;
      this.records.add(word, crc32(bytes), blockKey(digest));
      if (reused) {
        this.reusedBytes += bytes.length;
        group.reusedBytes! += bytes.length;
      }
      stored(word);
      await this.#output.append(bytes);
    }
    this.release(buffer);
    this.release(packed);
  }
}
