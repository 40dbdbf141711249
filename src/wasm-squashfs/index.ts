/**
 * Squashfs images: written, read, compared, protected with dm-verity.
 *
 * @module
 */
export { openSquashfs } from "./reader/open-squashfs.ts";
export type { SquashfsImage } from "./reader/types.ts";
export type { SquashfsOptions, SquashfsResult } from "./types.ts";
export { writeSquashfs } from "./write-squashfs.ts";
