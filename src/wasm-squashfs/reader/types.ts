import type { Tree, TreeEntry } from "../../tree/index.ts";

/** A squashfs image as a Tree with look-up; replayable. */
export interface SquashfsImage extends Tree {
  /** Length of the image, its padding included. */
  sizeBytes: number;
  /** Content is compressed in blocks of this size. */
  blockSizeBytes: number;
  /** `gzip`, `xz`, `zstd`, `lz4`; `lzo` and `lzma` are named but not read. */
  compressor: string;
  /**
   * The entry at a path; undefined where there is none. Symlinks on the way are not followed; a hard link is the file
   * itself.
   */
  find(path: string): Promise<TreeEntry | undefined>;
  /** Releases the source. */
  [Symbol.asyncDispose](): Promise<void>;
}
