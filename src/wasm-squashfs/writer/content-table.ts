import { NONE_U32 } from "../format.ts";
import { Column, WideColumn } from "./columns.ts";

/** What files hold and where it lies in the image; files of equal content share an entry. Entry 0 is empty. */
export class ContentTable {
  readonly sizes: WideColumn = new WideColumn();
  readonly starts: WideColumn = new WideColumn();
  /** Bytes of blocks that are zeros and not stored. */
  readonly sparse: WideColumn = new WideColumn();
  readonly fragments: Column = new Column();
  readonly fragmentOffsets: Column = new Column();
  readonly firstWords: Column = new Column();
  readonly wordCounts: Column = new Column();
  readonly words: Column = new Column();

  constructor() {
    this.add(0, 0, 0);
  }

  get length(): number {
    return this.sizes.length;
  }

  /** Adds an entry without fragment whose words are already there. */
  add(size: number, firstWord: number, wordCount: number): number {
    this.starts.push(0);
    this.sparse.push(0);
    this.fragments.push(NONE_U32);
    this.fragmentOffsets.push(0);
    this.firstWords.push(firstWord);
    this.wordCounts.push(wordCount);
    return this.sizes.push(size);
  }

  /** Bytes that are not stored, at most size - 1 as mksquashfs has it. */
  sparseBytes(content: number): number {
    return Math.min(this.sparse.get(content), Math.max(0, this.sizes.get(content) - 1));
  }
}
