/**
 * Squashfs images: written, read, compared, protected with dm-verity.
 *
 * @module
 */
export type { SquashfsOptions, SquashfsResult } from "./types.ts";
export { writeSquashfs } from "./write-squashfs.ts";
