import { PvError } from "./errors.ts";

/** Compressed content that ends before its end; how much is missing cannot be known. */
export function truncated(format: string, actual: number): PvError {
  return new PvError("CONTENT_TRUNCATED", `the ${format} data ends too early, after ${actual} bytes`, {
    expected: actual + 1,
    actual,
  });
}
