import type { ByteStream } from "./types.ts";

/** Reads content into memory that is at hand, without a stream between; on the spot where it can. */
export interface DirectReader {
  /** Fills `into` as far as there is content; fewer bytes only at the end, where it returns 0. */
  read(into: Uint8Array): number | Promise<number>;
  close(): void | Promise<void>;
}

/** What the `open` of a file on this machine also has under {@link directRead}. */
export interface DirectOpen {
  (): ByteStream;
  [directRead]?: () => DirectReader;
}

/**
 * Where an entry's `open` keeps a second, shorter way to its content. It is an optimization between rooms: a stream
 * and some trips through the thread pool for each of 10,000 small files cost more than reading them.
 */
export const directRead: unique symbol = Symbol.for("@pv/sdk/direct-read") as never;

/** What a source of this machine also has under {@link readInto}: reads without making new memory each time. */
export interface ReadableInto {
  [readInto]?: (offset: number, into: Uint8Array) => Promise<number>;
}

/** Where a `ByteSource` keeps a way to read into memory at hand; fewer bytes than fit only at its end. */
export const readInto: unique symbol = Symbol.for("@pv/sdk/read-into") as never;
