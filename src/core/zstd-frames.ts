import { PvError } from "./errors.ts";
import { truncated } from "./truncated.ts";
import type { Bytes } from "./types.ts";

/** What zstd itself allows without `--long`: 128 MiB. */
const WINDOW_MAX = 2 ** 27;

function corrupt(what: string): PvError {
  return new PvError("CONTENT_CORRUPT", `the zstd data is corrupt: ${what}`, { format: "zstd" });
}

/** The window a frame header asks for, and the length of that header; undefined while there is too little of it. */
function frameHeader(bytes: readonly number[]): { length: number; windowBytes: number } | undefined {
  if (bytes.length < 6) return undefined;
  const descriptor = bytes[4]!;
  if (descriptor & 8) throw corrupt("a reserved bit is set");
  const single = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3]!;
  const sizeFlag = descriptor >> 6;
  const size = sizeFlag === 0 ? (single ? 1 : 0) : 1 << sizeFlag;
  const length = 5 + (single ? 0 : 1) + dictionary + size;
  if (bytes.length < length) return undefined;
  if (!single) {
    const base = 2 ** (10 + (bytes[5]! >> 3));
    return { length, windowBytes: base + (base / 8) * (bytes[5]! & 7) };
  }
  let content = size === 2 ? 256 : 0;
  for (let at = 0; at < size; at++) content += bytes[5 + dictionary + at]! * 2 ** (8 * at);
  return { length, windowBytes: content };
}

/** Walks one frame's blocks (RFC 8878 section 3.1.1) to find its end. */
interface FrameWalk {
  /** Takes bytes up to the end of the frame; says how many. */
  take(bytes: Uint8Array): number;
  ended(): boolean;
  /** The checksum behind the frame, once it has ended, where it has one. */
  checksum(): number | undefined;
}

function walkFrame(): FrameWalk {
  let header: number[] = []; // of the frame or block that has begun
  let state: "frame" | "block" | "sum" | "end" = "frame";
  let hasSum = false;
  let sum: number | undefined;
  let skip = 0;
  function step(): void {
    if (state === "frame") {
      const found = frameHeader(header);
      if (!found) return;
      // Before a decoder allocates it.
      if (found.windowBytes > WINDOW_MAX) throw corrupt("a window over 128 MiB");
      hasSum = (header[4]! & 4) !== 0;
      state = "block";
      header = [];
      return;
    }
    if (state === "sum") {
      if (header.length < 4) return;
      sum = new DataView(Uint8Array.from(header).buffer).getUint32(0, true);
      state = "end";
      return;
    }
    if (header.length < 3) return;
    const value = header[0]! + header[1]! * 256 + header[2]! * 65536;
    header = [];
    const type = (value >> 1) & 3;
    if (type === 3) throw corrupt("a block of no known type");
    skip = type === 1 ? 1 : value >> 3;
    if (value & 1) state = hasSum ? "sum" : "end";
  }
  return {
    take(bytes) {
      let at = 0;
      while (at < bytes.length && !(state === "end" && skip === 0)) {
        if (skip > 0) {
          const count = Math.min(skip, bytes.length - at);
          skip -= count;
          at += count;
        } else {
          header.push(bytes[at++]!);
          step();
        }
      }
      return at;
    },
    ended: () => state === "end" && skip === 0,
    checksum: () => sum,
  };
}

/**
 * Cuts zstd data into its frames and gives each to a decoder of its own: decoders differ in what they do behind the end
 * of a frame (Node's drops what follows in the same chunk), and skippable frames are skipped here.
 */
export async function* decodeFrames(
  chunks: AsyncIterable<Bytes>,
  decode: (frame: AsyncIterable<Bytes>, checksum: () => number | undefined) => AsyncIterable<Bytes>,
): AsyncGenerator<Bytes, void, void> {
  const iterator = chunks[Symbol.asyncIterator]();
  let rest: Bytes = new Uint8Array(0);
  let taken = 0;
  async function atLeast(count: number): Promise<boolean> {
    while (rest.length < count) {
      const { done, value } = await iterator.next();
      if (done) return false;
      const joined = new Uint8Array(rest.length + value.length);
      joined.set(rest);
      joined.set(value, rest.length);
      rest = rest.length === 0 ? value : joined;
    }
    return true;
  }
  function take(count: number): Bytes {
    const out = rest.subarray(0, count);
    rest = rest.subarray(out.length);
    taken += out.length;
    return out;
  }
  async function* frame(walk: FrameWalk): AsyncGenerator<Bytes, void, void> {
    while (!walk.ended()) {
      if (!(await atLeast(1))) throw truncated("zstd", taken);
      yield take(walk.take(rest));
    }
  }
  try {
    for (let any = false; ; any = true) {
      if (!(await atLeast(1))) {
        if (any) return;
        throw truncated("zstd", 0);
      }
      await atLeast(4);
      const [a, b, c, d] = rest;
      const skippable = (a! & 0xf0) === 0x50 && b === 0x2a && c === 0x4d && d === 0x18;
      const magic = [0x28, 0xb5, 0x2f, 0xfd].every((byte, at) => rest[at] === undefined || rest[at] === byte);
      if (!skippable && !magic) throw corrupt("something follows its end");
      if (!skippable) {
        const walk = walkFrame();
        yield* decode(frame(walk), walk.checksum);
        continue;
      }
      if (!(await atLeast(8))) throw truncated("zstd", taken + rest.length);
      const header = take(8);
      for (let left = new DataView(header.buffer, header.byteOffset).getUint32(4, true); left > 0; ) {
        if (!(await atLeast(1))) throw truncated("zstd", taken);
        left -= take(left).length;
      }
    }
  } finally {
    // Not awaited: an input that hangs in next() would hang here as well.
    void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
