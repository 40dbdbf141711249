/**
 * Squashfs images: written, read, compared, protected with dm-verity.
 *
 * @module
 */
export { openSquashfs } from "./reader/open-squashfs.ts";
export type { SquashfsImage } from "./reader/types.ts";
export type { SquashfsOptions, SquashfsResult } from "./types.ts";
export { createVerity, type Verity } from "./verity/create-verity.ts";
export { type VerityProblem, type VerityReport, verifyVerity } from "./verity/verify-verity.ts";
export { writeSquashfs } from "./write-squashfs.ts";
