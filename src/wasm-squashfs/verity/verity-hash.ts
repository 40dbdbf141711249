import { type ByteSource, type Bytes, PvError } from "../../core/index.ts";
import type { ProgressReporter } from "../../core/internal.ts";
import { createHasher } from "../../objects/index.ts";
import { VERITY_BLOCK_BYTES } from "./verity-format.ts";

/** Blocks read at a time. */
const READ_BLOCKS = 64;

/** SHA-256 of the salt and a block. */
export function hashBlock(salt: Uint8Array, block: Uint8Array): Bytes {
  return createHasher().update(salt).update(block).digest();
}

/** Hands out the blocks of a source one by one, each a view that is good until the next. */
export async function eachBlock(
  source: ByteSource,
  blocks: number,
  job: { signal?: AbortSignal | undefined; progress?: ProgressReporter },
  use: (block: Bytes, index: number) => void,
): Promise<void> {
  for (let index = 0; index < blocks; ) {
    job.signal?.throwIfAborted();
    const wanted = Math.min(READ_BLOCKS, blocks - index) * VERITY_BLOCK_BYTES;
    const bytes = await source.read(index * VERITY_BLOCK_BYTES, wanted);
    if (bytes.length < wanted) {
      throw new PvError(
        "CONTENT_TRUNCATED",
        `the image ends within block ${index + Math.floor(bytes.length / VERITY_BLOCK_BYTES)}`,
        {
          expected: blocks * VERITY_BLOCK_BYTES,
          actual: index * VERITY_BLOCK_BYTES + bytes.length,
        },
      );
    }
    for (let at = 0; at < bytes.length; at += VERITY_BLOCK_BYTES, index++) {
      use(bytes.subarray(at, at + VERITY_BLOCK_BYTES), index);
    }
    job.progress?.add(bytes.length);
  }
}
