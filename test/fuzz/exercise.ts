import { isPvError, type Limits, type Source } from "../../src/core/index.ts";
import { openSquashfs } from "../../src/wasm-squashfs/index.ts";
import { CHECKS } from "../../src/wasm-squashfs/reader/checks.ts";

/** What came of an image; `outcomes` are checks that fired, `LIMIT_EXCEEDED`, or nothing for a valid one. */
export interface Exercise {
  outcomes: string[];
  entries: number;
  bytes: number;
}

/** Above any seed, so low that some of what is changed runs into them. */
const LIMITS: Limits = { maxBytes: 64 * 1024, maxEntries: 200, maxRatio: 1500 };

/** Contents read at a time: what a caller does who hashes a tree. */
async function drain(stream: ReadableStream<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream) bytes += chunk.length;
  return bytes;
}

/**
 * Does with an image all that can be done: walks it, reads every file and its key, looks paths up. Any error but a
 * typed one with a known check is thrown on.
 */
export async function exercise(image: Uint8Array, limits: Limits = LIMITS, slow = false): Promise<Exercise> {
  const outcomes = new Set<string>();
  let entries = 0;
  let bytes = 0;
  async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (isPvError(error, "SQUASHFS_INVALID")) {
        const { check, offset } = error.data;
        if (!Object.hasOwn(CHECKS, check)) throw new Error(`the check ${check} is not listed`, { cause: error });
        if (!Number.isSafeInteger(offset) || offset < 0 || offset > image.length)
          throw new Error(`${check} points at byte ${offset} of ${image.length}`, { cause: error });
        outcomes.add(check);
      } else if (isPvError(error, "LIMIT_EXCEEDED", "CODEC_MISSING")) outcomes.add(error.code);
      else throw error;
      return undefined;
    }
  }
  // A source that is not in memory takes the ways that wait.
  const source: Source = slow
    ? {
        size: async () => image.length,
        read: async (offset, length) => new Uint8Array(image.subarray(offset, offset + length)),
      }
    : image;
  const opened = await attempt(() => openSquashfs(source, limits));
  if (!opened) return { outcomes: [...outcomes].toSorted(), entries, bytes };
  const paths: string[] = [];
  const walked = await attempt(async () => {
    for await (const entry of opened) {
      entries++;
      paths.push(entry.path);
      if (entry.kind !== "file") continue;
      const read = await attempt(() => drain(entry.open()));
      if (read !== undefined && read !== entry.sizeBytes)
        throw new Error(`${entry.path}: ${read} bytes came, ${entry.sizeBytes} were said`);
      bytes += read ?? 0;
      await attempt(() => entry.contentKey!());
    }
    return true;
  });
  const step = Math.ceil(paths.length / 12);
  for (let at = 0; at < paths.length; at += step) {
    await attempt(async () => {
      const found = await opened.find(paths[at]!);
      // Where a walk would fail later on, a look-up may go another way.
      if (!found && walked) throw new Error(`find does not see ${JSON.stringify(paths[at])}, which the walk saw`);
    });
  }
  await attempt(async () => opened.find("dir/nowhere"));
  return { outcomes: [...outcomes].toSorted(), entries, bytes };
}
