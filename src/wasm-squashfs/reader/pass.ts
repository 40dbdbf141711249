import { limitCounter } from "../../core/internal.ts";
import type { Image } from "./image.ts";

/**
 * The budget of one pass over an image (one walk, or one look-up) and of all contents opened from it: sparse words and
 * shared blocks make any number of bytes from nothing.
 */
export interface Pass {
  addEntry(): void;
  /** Names and targets. */
  addMetadata(bytes: number): void;
  /** An attribute's name and value: one set of thousands may be that of every inode. */
  addAttribute(bytes: number): void;
  /** `bytes` of content come out; from zeros that are not stored if `sparse`. */
  addContent(bytes: number, sparse: boolean): void;
  /** `bytes` of stored blocks are looked at for a key. */
  addStored(bytes: number): void;
}

/** A small image counts as this much: a few MiB of one byte are no bomb. */
const LEAST_IMAGE_BYTES = 64 * 1024;

/** An attribute is work and memory even where it is empty. */
const ATTRIBUTE_BYTES = 256;

/** A fresh budget within the image's limits. */
export function startPass(image: Image): Pass {
  const { maxBytes, maxEntries, maxRatio } = image.limits;
  const total = limitCounter({ maxBytes, maxEntries });
  const expanded = limitCounter({ maxBytes, maxRatio });
  const stored = limitCounter({ maxBytes });
  const imageBytes = Math.max(image.superblock.bytesUsed, LEAST_IMAGE_BYTES);
  return {
    addEntry: () => total.addEntry(),
    addMetadata: (bytes) => total.addBytes(bytes),
    addAttribute(bytes) {
      total.addBytes(bytes);
      expanded.addBytes(bytes + ATTRIBUTE_BYTES, imageBytes);
    },
    addContent(bytes, sparse) {
      total.addBytes(bytes);
      // Holes are no decompression: a disk image may be nothing else.
      if (!sparse) expanded.addBytes(bytes, imageBytes);
    },
    addStored: (bytes) => stored.addBytes(bytes),
  };
}
