import type { Bytes } from "../../core/index.ts";
import type { Compressor } from "../compressors/compressor.ts";
import { DATA_UNCOMPRESSED } from "../format.ts";
import type { Output } from "./output.ts";

/** Blocks that may be on their way at once: enough for every thread, too few to fill memory. */
const IN_FLIGHT = 8;

/** The blocks of one file, which may turn out to be there already. */
export interface BlockGroup {
  /** Position of the first stored block; undefined until it is written. */
  start?: number | undefined;
  /** Its blocks are not wanted any more. */
  dropped?: boolean;
}

interface Block {
  input: Bytes;
  packed: Bytes;
  result: Promise<number>;
  group: BlockGroup;
  stored: (word: number) => void;
}

/** Compresses blocks side by side and writes them in the order in which they came. */
export class BlockPipeline {
  readonly #compressor: Compressor;
  readonly #output: Output;
  readonly #blockSizeBytes: number;
  readonly #ring: Block[] = [];
  readonly #buffers: Bytes[] = [];

  constructor(compressor: Compressor, output: Output, blockSizeBytes: number) {
    this.#compressor = compressor;
    this.#output = output;
    this.#blockSizeBytes = blockSizeBytes;
  }

  /** A buffer for a block; goes back with `submit` or `release`. */
  takeBuffer(): Bytes {
    return this.#buffers.pop() ?? new Uint8Array(this.#blockSizeBytes);
  }

  release(buffer: Bytes): void {
    this.#buffers.push(buffer);
  }

  /** Takes the first `length` bytes of a buffer; `stored` is told the size word when the block is written. */
  async submit(buffer: Bytes, length: number, group: BlockGroup, stored: (word: number) => void): Promise<void> {
    while (this.#ring.length >= IN_FLIGHT) await this.#retire();
    const input = buffer.subarray(0, length);
    const packed = this.takeBuffer();
    const result = this.#compressor.compress(input, packed);
    // A failure is seen when the block's turn comes.
    result.catch(() => {});
    this.#ring.push({ input, packed, result, group, stored });
  }

  /** Forgets the blocks of a group, which must be the last that were submitted. */
  drop(group: BlockGroup): void {
    group.dropped = true;
    if (group.start !== undefined) this.#output.rewind(group.start);
  }

  /** Writes all that is on its way. */
  async finish(): Promise<void> {
    while (this.#ring.length > 0) await this.#retire();
  }

  async #retire(): Promise<void> {
    const { input, packed, result, group, stored } = this.#ring[0]!;
    const length = await result;
    this.#ring.shift();
    if (!group.dropped) {
      group.start ??= this.#output.position;
      const gains = length < input.length;
      stored(gains ? length : input.length | DATA_UNCOMPRESSED);
      await this.#output.append(gains ? packed.subarray(0, length) : input);
    }
    this.release(new Uint8Array(input.buffer, 0, this.#blockSizeBytes));
    this.release(packed);
  }
}
