import {
  DIRECTORY_ENTRY_BYTES,
  DIRECTORY_HEADER_BYTES,
  DIRECTORY_INDEX_BYTES,
  DIRECTORY_RUN_ENTRIES,
  METADATA_BYTES,
} from "../format.ts";
import { Arena } from "./columns.ts";
import type { MetadataWriter } from "./metadata-writer.ts";

/** Linux counts the index of a directory in 16 bits. */
const MAX_INDEX_ENTRIES = 65535;

/** Where a directory's listing is, for its inode. */
export interface ListingPlace {
  block: number;
  offset: number;
  /** Bytes of the listing. */
  size: number;
  indexCount: number;
  /** Index entries as they stand in an extended inode. */
  index: Uint8Array | undefined;
}

/** Builds the listing of one directory after another: runs of entries whose inodes lie in one metadata block. */
export class ListingBuilder {
  readonly #bytes: Arena = new Arena();
  #view: DataView = new DataView(this.#bytes.bytes.buffer);
  /** Places in the listing where an index entry points, with the name that stands there. */
  #marks: { at: number; name: Uint8Array }[] = [];
  #header = -1;
  #run = 0;
  #block = 0;
  #baseNumber = 0;
  #lastMark = 0;

  /** Adds an entry; names come in order. `block` and `offset` say where the inode is. */
  add(name: Uint8Array, type: number, number: number, block: number, offset: number): void {
    const size = DIRECTORY_ENTRY_BYTES + name.length;
    const delta = number - this.#baseNumber;
    const far = this.#bytes.length + size - this.#lastMark > METADATA_BYTES;
    if (
      this.#header < 0 ||
      far ||
      this.#run === DIRECTORY_RUN_ENTRIES ||
      block !== this.#block ||
      delta > 0x7fff ||
      delta < -0x8000
    ) {
      if (far) {
        this.#lastMark = this.#bytes.length;
        if (this.#marks.length < MAX_INDEX_ENTRIES) this.#marks.push({ at: this.#lastMark, name: name.slice() });
      }
      this.#openRun(number, block);
    }
    const at = this.#reserve(size);
    this.#view.setUint16(at, offset, true);
    this.#view.setInt16(at + 2, number - this.#baseNumber, true);
    this.#view.setUint16(at + 4, type, true);
    this.#view.setUint16(at + 6, name.length - 1, true);
    this.#bytes.bytes.set(name, at + DIRECTORY_ENTRY_BYTES);
    this.#view.setUint32(this.#header, this.#run++, true);
  }

  /** Writes the listing to the directory table and makes the builder ready for the next. */
  finish(table: MetadataWriter): ListingPlace {
    const place: ListingPlace = {
      block: table.blockPosition,
      offset: table.blockOffset,
      size: this.#bytes.length,
      indexCount: this.#marks.length,
      index: undefined,
    };
    let done = 0;
    const index = new Arena();
    for (const { at, name } of this.#marks) {
      table.append(this.#bytes.view(done, at - done));
      done = at;
      const entry = new DataView(new ArrayBuffer(DIRECTORY_INDEX_BYTES));
      entry.setUint32(0, at, true);
      // The block that takes the next byte is the one in which this run begins.
      entry.setUint32(4, table.blockPosition, true);
      entry.setUint32(8, name.length - 1, true);
      index.push(new Uint8Array(entry.buffer));
      index.push(name);
    }
    table.append(this.#bytes.view(done, this.#bytes.length - done));
    if (index.length > 0) place.index = index.view(0, index.length);
    this.#bytes.length = 0;
    this.#marks = [];
    this.#header = -1;
    this.#lastMark = 0;
    return place;
  }

  #openRun(number: number, block: number): void {
    this.#header = this.#reserve(DIRECTORY_HEADER_BYTES);
    this.#view.setUint32(this.#header + 4, block, true);
    this.#view.setUint32(this.#header + 8, number, true);
    this.#run = 0;
    this.#block = block;
    this.#baseNumber = number;
  }

  #reserve(count: number): number {
    const at = this.#bytes.reserve(count);
    if (this.#view.buffer !== this.#bytes.bytes.buffer) this.#view = new DataView(this.#bytes.bytes.buffer);
    return at;
  }
}
