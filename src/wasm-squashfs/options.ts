import { DEFAULT_BLOCK_BYTES, MAX_BLOCK_BYTES, MIN_BLOCK_BYTES } from "./format.ts";
import type { SquashfsOptions } from "./types.ts";
import { clampTime } from "./writer/node-table.ts";

/** Options with nothing left open. */
export interface ResolvedOptions {
  compressor: NonNullable<SquashfsOptions["compressor"]>;
  level: number;
  blockSizeBytes: number;
  mtimeSeconds: number;
  portable: boolean;
  fragments: "packed" | "stable";
  exportTable: boolean;
}

/** Levels of each compressor: least, most, default. */
const LEVELS: Record<ResolvedOptions["compressor"], readonly [least: number, most: number, usual: number]> = {
  gzip: [1, 9, 6],
  zstd: [1, 22, 15],
  xz: [0, 9, 6],
  lz4: [1, 12, 6],
  none: [0, 0, 0],
};

/** Fills in the defaults; what is no option of ours is a `TypeError` or `RangeError`. */
export function resolveOptions(options: SquashfsOptions): ResolvedOptions {
  const compressor = options.compressor ?? "gzip";
  if (!Object.hasOwn(LEVELS, compressor)) {
    throw new TypeError(`compressor must be ${Object.keys(LEVELS).join(", ")}: ${JSON.stringify(compressor)}`);
  }
  const [least, most, usual] = LEVELS[compressor];
  const level = options.level ?? usual;
  if (!Number.isInteger(level) || level < least || level > most) {
    throw new RangeError(`level of ${compressor} must be a whole number from ${least} to ${most}: ${level}`);
  }
  const blockSizeBytes = options.blockSizeBytes ?? DEFAULT_BLOCK_BYTES;
  const isPower = Number.isInteger(blockSizeBytes) && (blockSizeBytes & (blockSizeBytes - 1)) === 0;
  if (!isPower || blockSizeBytes < MIN_BLOCK_BYTES || blockSizeBytes > MAX_BLOCK_BYTES) {
    throw new RangeError(
      `blockSizeBytes must be a power of two from ${MIN_BLOCK_BYTES} to ${MAX_BLOCK_BYTES}: ${blockSizeBytes}`,
    );
  }
  const fragments = options.fragments ?? "packed";
  if (fragments !== "packed" && fragments !== "stable") {
    throw new TypeError(`fragments must be "packed" or "stable": ${JSON.stringify(fragments)}`);
  }
  return {
    compressor,
    level,
    blockSizeBytes,
    mtimeSeconds: clampTime(options.mtimeSeconds ?? 0),
    portable: options.portable ?? false,
    fragments,
    exportTable: options.exportTable ?? false,
  };
}
