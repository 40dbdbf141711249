import type { Job, ObjectId, Source } from "../core/index.ts";

/** How an image is packed; gzip 6, 128 KiB blocks, time 0 unless told. */
export interface SquashfsOptions extends Job {
  /** gzip unless given; xz, lz4 and (where the runtime has no zstd) zstd need a package, which `CODEC_MISSING` names. */
  compressor?: "gzip" | "zstd" | "xz" | "lz4" | "none" | undefined;
  /** gzip 1-9 (6), zstd 1-22 (15), xz 0-9 (6), lz4 1-2 (fast), 3-12 (HC; 6) unless given. */
  level?: number | undefined;
  /** A power of two from 4096 to 1048576; 131072 unless given. */
  blockSizeBytes?: number | undefined;
  /** Time of the image itself and of folders that no entry names, 0 unless given; entries keep theirs. */
  mtimeSeconds?: number | undefined;
  /** A previous image: blocks of unchanged content are taken over as they are. Changes the time it takes, not a byte. */
  reuse?: Source | undefined;
  /** The same bytes on every runtime (pure TypeScript deflate); otherwise the runtime's own zlib, reproducible on that. */
  portable?: boolean | undefined;
  /** `packed` for size (default), `stable` so that small edits keep most blocks for reuse. */
  fragments?: "packed" | "stable" | undefined;
  /** NFS export table, off unless asked for. */
  exportTable?: boolean | undefined;
}

/** What was written. */
export interface SquashfsResult {
  /** Length of the image, padding included. */
  sizeBytes: number;
  /** Names in the tree, the root not counted. */
  entries: number;
  /** Compressed bytes taken over from `reuse`. */
  reusedBytes: number;
  /** Extended attributes that squashfs cannot hold (POSIX ACLs: `system.*`) and that were left out; absent if none. */
  droppedXattrs?: number;
  /** SHA-256 of the image, if the sink reads back. */
  sha256?: ObjectId;
}
