import type { Bytes } from "../../core/index.ts";
import { METADATA_BYTES, METADATA_UNCOMPRESSED } from "../format.ts";
import { invalid, type SquashfsCheck } from "./checks.ts";
import { DecodeFailure, type Decoder } from "./decoders/decoder.ts";
import type { ImageBytes } from "./image-bytes.ts";

/** Expanded metadata blocks kept: 2 MiB. */
const MAX_BLOCKS = 256;

const CHECK_OF = {
  corrupt: "metadata-corrupt",
  overlong: "metadata-overlong",
  dictionary: "dictionary-size",
} as const satisfies Record<string, SquashfsCheck>;

/** One expanded block, and where the next one begins. */
export interface MetadataBlock {
  bytes: Bytes;
  next: number;
}

/** A block is kept whoever asked for it: its end must also suit the table that asks now. */
function within(block: MetadataBlock, position: number, end: number): MetadataBlock {
  if (block.next > end) throw invalid("metadata-position", position);
  return block;
}

/** Reads metadata blocks by absolute position; each is expanded once while it stays in the cache. */
export class MetadataReader {
  readonly #image: ImageBytes;
  readonly #decoder: Decoder;
  /** In order of use, oldest first. */
  readonly #blocks = new Map<number, MetadataBlock | Promise<MetadataBlock>>();

  constructor(image: ImageBytes, decoder: Decoder) {
    this.#image = image;
    this.#decoder = decoder;
  }

  /** The block at `position`, which must end at or before `end`. */
  block(position: number, end: number): MetadataBlock | Promise<MetadataBlock> {
    const found = this.#blocks.get(position);
    if (found instanceof Promise) return found.then((block) => within(block, position, end));
    if (found) {
      this.#blocks.delete(position);
      this.#blocks.set(position, found);
      return within(found, position, end);
    }
    const loaded = this.#load(position, end);
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size < MAX_BLOCKS) break;
      this.#blocks.delete(oldest);
    }
    this.#blocks.set(position, loaded);
    if (loaded instanceof Promise) {
      loaded.then(
        (block) => this.#blocks.has(position) && this.#blocks.set(position, block),
        () => this.#blocks.delete(position),
      );
    }
    return loaded;
  }

  /** Where the block after the one at `position` begins; expands nothing. */
  async next(position: number, end: number): Promise<number> {
    const found = await this.#blocks.get(position);
    if (found && found.next <= end) return found.next;
    if (position + 2 >= end) throw invalid("metadata-position", position);
    return position + 2 + this.#length(position, end, await this.#image.read(position, 2));
  }

  /** The payload's length from the header before it. */
  #length(position: number, end: number, head: Bytes): number {
    const length = (head[0]! | (head[1]! << 8)) & (METADATA_UNCOMPRESSED - 1);
    // A length of 0 would mean 32 KiB, which no block can have.
    if (length === 0 || length > METADATA_BYTES || position + 2 + length > end)
      throw invalid("metadata-length", position, `${length} bytes`);
    return length;
  }

  #load(position: number, end: number): MetadataBlock | Promise<MetadataBlock> {
    if (position + 2 >= end) throw invalid("metadata-position", position);
    const head = this.#image.read(position, 2);
    if (head instanceof Promise) return head.then((bytes) => this.#loadPayload(position, end, bytes));
    return this.#loadPayload(position, end, head);
  }

  #loadPayload(position: number, end: number, head: Bytes): MetadataBlock | Promise<MetadataBlock> {
    const length = this.#length(position, end, head);
    const stored = (head[1]! & (METADATA_UNCOMPRESSED >> 8)) !== 0;
    const next = position + 2 + length;
    const payload = this.#image.read(position + 2, length);
    if (payload instanceof Promise) return payload.then((bytes) => this.#expand(position, next, bytes, stored));
    return this.#expand(position, next, payload, stored);
  }

  #expand(position: number, next: number, payload: Bytes, stored: boolean): MetadataBlock | Promise<MetadataBlock> {
    // A copy: a window would keep the whole chunk of the image in memory.
    if (stored) return { bytes: payload.slice(), next };
    const failed = (error: unknown): never => {
      if (!(error instanceof DecodeFailure)) throw error;
      throw invalid(CHECK_OF[error.reason], position, error.message, error);
    };
    try {
      const bytes = this.#decoder.decode(payload, METADATA_BYTES);
      if (bytes instanceof Promise) return bytes.then((all) => ({ bytes: all, next }), failed);
      return { bytes, next };
    } catch (error) {
      return failed(error);
    }
  }
}

/** A table that is one stream of metadata blocks. */
export interface MetadataTable {
  reader: MetadataReader;
  start: number;
  end: number;
}

/** Reads on through the blocks of a table from a reference; never past the table's end. */
export class MetadataCursor {
  readonly #table: MetadataTable;
  /** Absolute position of the current block. */
  #position: number;
  #offset: number;

  /** `block` is relative to the table's start, as in a reference. */
  constructor(table: MetadataTable, block: number, offset: number) {
    this.#table = table;
    this.#position = table.start + block;
    this.#offset = offset;
    if (offset >= METADATA_BYTES || this.#position >= table.end)
      throw invalid("metadata-position", table.start, `${block}:${offset}`);
  }

  /** Absolute position of the current block, for errors. */
  get position(): number {
    return this.#position;
  }

  /** A second cursor at the same place. */
  fork(): MetadataCursor {
    const fork = new MetadataCursor(this.#table, this.#position - this.#table.start, 0);
    fork.#offset = this.#offset; // 8192 after the last byte of a block
    return fork;
  }

  /** Exactly `length` bytes; they must not be changed. */
  take(length: number): Bytes | Promise<Bytes> {
    const block = this.#table.reader.block(this.#position, this.#table.end);
    if (block instanceof Promise) return this.#slow(length);
    const end = this.#offset + length;
    if (end > block.bytes.length || this.#offset >= METADATA_BYTES) return this.#slow(length);
    const bytes = block.bytes.subarray(this.#offset, end);
    this.#offset = end;
    return bytes;
  }

  /** Skips `length` bytes without expanding the blocks in between. */
  async skip(length: number): Promise<void> {
    let left = this.#offset + length;
    for (; left >= METADATA_BYTES; left -= METADATA_BYTES) {
      const next = await this.#table.reader.next(this.#position, this.#table.end);
      if (next >= this.#table.end) throw invalid("metadata-end", this.#position);
      this.#position = next;
    }
    this.#offset = left;
  }

  async #slow(length: number): Promise<Bytes> {
    const out = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      if (this.#offset >= METADATA_BYTES) await this.#advance();
      const { bytes } = await this.#table.reader.block(this.#position, this.#table.end);
      const part = bytes.subarray(this.#offset, this.#offset + length - done);
      out.set(part, done);
      done += part.length;
      this.#offset += part.length;
      if (done < length && this.#offset < METADATA_BYTES) {
        const { next } = await this.#table.reader.block(this.#position, this.#table.end);
        throw next < this.#table.end
          ? invalid("metadata-short", this.#position, `${bytes.length} bytes`)
          : invalid("metadata-end", this.#position);
      }
    }
    return out;
  }

  /** On to the next block; the present one must have been whole. */
  async #advance(): Promise<void> {
    const { bytes, next } = await this.#table.reader.block(this.#position, this.#table.end);
    if (next >= this.#table.end) throw invalid("metadata-end", this.#position);
    if (bytes.length !== METADATA_BYTES) throw invalid("metadata-short", this.#position, `${bytes.length} bytes`);
    this.#position = next;
    this.#offset = 0;
  }
}
