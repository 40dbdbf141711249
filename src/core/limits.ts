import { PvError } from "./errors.ts";
import type { Limits } from "./types.ts";

/** Bounds that hold when the caller names none: far above any firmware, far below what fills a machine. */
export const DEFAULT_LIMITS: Required<{ [K in keyof Limits]-?: number }> = {
  maxBytes: 64 * 2 ** 30,
  maxEntries: 4_000_000,
  maxRatio: 2000,
};

/** Below this many bytes out a high ratio is no attack: a small file of zeros compresses 1000:1. */
const RATIO_FREE_BYTES = 2 ** 20;
/** Where nobody asked for a ratio: xz and zstd pack a file of zeros, as images hold them, 7000:1 and more. */
const RATIO_FREE_BYTES_UNASKED: number = 256 * 2 ** 20;

/** Counts what comes out of hostile input and throws at the limit. */
export interface LimitCounter {
  /** `count` more bytes came out; `input` bytes went in so far, where known. */
  addBytes(count: number, input?: number): void;
  /** One more entry came out. */
  addEntry(): void;
}

function exceeded(limit: keyof Limits, value: number, what: string): PvError {
  return new PvError(
    "LIMIT_EXCEEDED",
    `more than ${value} ${what}`,
    { limit, value },
    { hint: `raise ${limit} if the input is trusted` },
  );
}

/**
 * A counter over the limits given, defaults for the rest.
 *
 * @throws `PvError` `LIMIT_EXCEEDED` from its methods.
 */
export function limitCounter(limits: Limits = {}): LimitCounter {
  const maxBytes = limits.maxBytes ?? DEFAULT_LIMITS.maxBytes;
  const maxEntries = limits.maxEntries ?? DEFAULT_LIMITS.maxEntries;
  const maxRatio = limits.maxRatio ?? DEFAULT_LIMITS.maxRatio;
  const free = limits.maxRatio === undefined ? RATIO_FREE_BYTES_UNASKED : RATIO_FREE_BYTES;
  let bytes = 0;
  let entries = 0;
  return {
    addBytes(count, input) {
      bytes += count;
      if (bytes > maxBytes) throw exceeded("maxBytes", maxBytes, "bytes");
      if (input !== undefined && bytes > free && bytes > input * maxRatio) {
        throw exceeded("maxRatio", maxRatio, "bytes out per byte in");
      }
    },
    addEntry() {
      if (++entries > maxEntries) throw exceeded("maxEntries", maxEntries, "entries");
    },
  };
}
