import type { Bytes } from "../../core/index.ts";

/** A compressing stream of the runtime that takes one block at a time; `write` calls back when all of it is out. */
export interface BlockStream {
  on(event: "data", listener: (bytes: Uint8Array) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  write(bytes: Uint8Array, done: (error?: Error | null) => void): boolean;
}

/** What a lane's stream gives out at a time. */
export const LANE_CHUNK_BYTES = 65536;

/** Streams at work at once: enough for the threads of the pool, few enough for caches and memory. */
const LANES = 3;

/**
 * Streams of Node can be used again for block after block; a stream for each, as the one-shot functions make it, costs a
 * tenth of a millisecond and memory that is not collected in time. Those of Bun and Deno depend on what they did before.
 */
export function hasReusableStreams(): boolean {
  return !("Bun" in globalThis || "Deno" in globalThis);
}

/** A result that is worth it goes where it belongs; its length is returned. */
export function put(packed: Uint8Array, bytes: Uint8Array, into: Uint8Array): number {
  if (packed.length < bytes.length) into.set(packed);
  return packed.length;
}

type Lane = (bytes: Bytes, into: Bytes) => Promise<number>;

function openLane<T extends BlockStream>(stream: T, reset: (stream: T) => void): Lane {
  let target: Bytes;
  let limit = 0;
  let length = 0;
  let fail: (error: Error) => void = () => {};
  stream.on("data", (chunk) => {
    if (length + chunk.length < limit) target.set(chunk, length);
    length += chunk.length;
  });
  stream.on("error", (error) => fail(error));
  return (bytes, into) =>
    new Promise((resolve, reject) => {
      target = into;
      limit = bytes.length;
      length = 0;
      fail = reject;
      stream.write(bytes, (error) => {
        if (error) {
          reject(error);
          return;
        }
        reset(stream);
        resolve(length);
      });
    });
}

/** Compresses blocks in a few lanes, each over one stream that is made ready again by `reset`. */
export function lanePool<T extends BlockStream>(open: () => T, reset: (stream: T) => void): Lane {
  const idle: Lane[] = [];
  const waiting: ((lane: Lane) => void)[] = [];
  let opened = 0;
  async function take(): Promise<Lane> {
    const lane = idle.pop();
    if (lane) return lane;
    if (opened === LANES) return new Promise((resolve) => waiting.push(resolve));
    opened++;
    return openLane(open(), reset);
  }
  return async (bytes, into) => {
    const lane = await take();
    const length = await lane(bytes, into);
    const next = waiting.shift();
    if (next) next(lane);
    else idle.push(lane);
    return length;
  };
}
