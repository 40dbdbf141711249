import { crc32 } from "./crc32.ts";
import { chunkReader, toStream } from "./stream.ts";

/**
 * What modules that are loaded on demand need of this room. They are handed it instead of importing it: a bundler that
 * splits puts what two entries share into a file that both load, needed or not.
 */
export interface LateTools {
  chunkReader: typeof chunkReader;
  crc32: typeof crc32;
  toStream: typeof toStream;
}

/** All of them. */
export const lateTools: LateTools = { chunkReader, crc32, toStream };
