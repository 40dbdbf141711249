import { PvError } from "./errors.ts";
import { truncated } from "./truncated.ts";
import type { Bytes } from "./types.ts";

/** What a decoder may be asked to hold: 64 MiB is what `xz -9` writes. */
const DICTIONARY_MAX = 2 ** 27;
const LZMA2 = 0x21;
/** Bytes of the check behind a block, by its number (.xz file format 1.2, section 2.1.1.2). */
const CHECK_BYTES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

function corrupt(what: string): PvError {
  return new PvError("CONTENT_CORRUPT", `the xz data is corrupt: ${what}`, { format: "xz" });
}

function unknown(what: string, hint: string): PvError {
  return new PvError("CODEC_MISSING", `xz data with ${what}`, { codec: "xz", install: "" }, { hint });
}

/** CRC-32, handed in. */
type Sum = (bytes: Uint8Array) => number;

/** A walk asks for bytes with a positive number, and skips some with a negative one. */
type Walk<T = void> = Generator<number, T, readonly number[]>;

/** A number of 7 bits a byte, lowest first; and how long it was. */
function* number(): Walk<readonly [value: number, length: number]> {
  let value = 0;
  for (let length = 1; length <= 9; length++) {
    const [byte] = yield 1;
    value += (byte! & 0x7f) * 2 ** (7 * (length - 1));
    if (byte! < 0x80) return [value, length];
  }
  throw corrupt("a number is too long");
}

/** The filters of a block: LZMA2 with a dictionary that a decoder can hold, and nothing before it. */
function checkFilters(header: readonly number[]): void {
  let at = 1;
  const flags = header[0]!;
  if (flags & 0x3c) throw corrupt("unknown block flags");
  for (let sizes = (flags & 0x40 ? 1 : 0) + (flags & 0x80 ? 1 : 0); sizes > 0; sizes--) while (header[at++]! >= 0x80);
  if ((flags & 3) !== 0 || header[at] !== LZMA2) {
    throw unknown("a filter for machine code cannot be read here", "pack it again without --x86, --arm or the like");
  }
  const bits = header[at + 2]!;
  if (header[at + 1] !== 1 || bits > 40) throw corrupt("no size of the dictionary");
  const dictionary = (2 | (bits & 1)) * 2 ** ((bits >> 1) + 11);
  if (dictionary > DICTIONARY_MAX) throw corrupt("a dictionary over 128 MiB");
}

/** One block; LZMA2 names the sizes of its chunks in the clear. */
function* block(size: number, check: number, crc32: Sum): Walk {
  const header = yield size * 4 + 3;
  const sum = new DataView(Uint8Array.from(header).buffer).getUint32(header.length - 4, true);
  if (crc32(Uint8Array.from([size, ...header.slice(0, -4)])) !== sum) throw corrupt("a header has a wrong sum");
  checkFilters(header);
  let packed = 0;
  for (;;) {
    const [control] = yield 1;
    packed++;
    if (control === 0) break;
    if (control! < 0x80) {
      if (control! > 2) throw corrupt("an unknown chunk");
      const [high, low] = yield 2;
      const length = high! * 256 + low! + 1;
      packed += 2 + length;
      yield -length;
      continue;
    }
    const [, , high, low] = yield 4;
    const length = high! * 256 + low! + 1 + (control! >= 0xc0 ? 1 : 0);
    packed += 4 + length;
    yield -length;
  }
  yield -(-packed & 3);
  yield -CHECK_BYTES[check]!;
}

/** One stream: header, blocks, index, footer. */
function* stream(crc32: Sum): Walk {
  const header = yield 12;
  if ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0].some((byte, at) => header[at] !== byte)) throw corrupt("no header");
  const check = header[7]!;
  if (check > 15) throw corrupt("unknown flags");
  // None, CRC-32 and CRC-64, which is what xz writes unless told.
  if (check !== 0 && check !== 1 && check !== 4)
    throw unknown("such a check cannot be read here", "pack it again without --check");
  for (;;) {
    const [size] = yield 1;
    if (size === 0) break;
    yield* block(size!, check, crc32);
  }
  let [records, length] = yield* number();
  for (records *= 2; records > 0; records--) length += (yield* number())[1];
  yield -(-(length + 1) & 3);
  yield -(4 + 12);
}

/** Follows a walk through bytes as they come. */
function follow(walk: Walk): { take(bytes: Uint8Array): number; ended: boolean } {
  let asked = walk.next();
  let got: number[] = [];
  const state = {
    ended: false,
    take(bytes: Uint8Array): number {
      let at = 0;
      while (!asked.done && at < bytes.length) {
        const want = asked.value;
        if (want < 0) {
          const count = Math.min(-want, bytes.length - at);
          at += count;
          if (count < -want) {
            asked = { done: false, value: want + count };
            break;
          }
          asked = walk.next([]);
          continue;
        }
        while (got.length < want && at < bytes.length) got.push(bytes[at++]!);
        if (got.length < want) break;
        asked = walk.next(got);
        got = [];
      }
      while (!asked.done && asked.value === 0) asked = walk.next([]);
      state.ended = asked.done === true;
      return at;
    },
  };
  return state;
}

/**
 * Cuts .xz data into its streams and gives each to a decoder of its own: the decoder reads one stream, hangs where it is
 * cut short, and takes what a header asks for. Padding between streams is skipped.
 */
export async function* decodeStreams(
  chunks: AsyncIterable<Bytes>,
  crc32: Sum,
  decode: (stream: AsyncIterable<Bytes>) => AsyncIterable<Bytes>,
): AsyncGenerator<Bytes, void, void> {
  const iterator = chunks[Symbol.asyncIterator]();
  let rest: Bytes = new Uint8Array(0);
  let taken = 0;
  async function more(): Promise<boolean> {
    while (rest.length === 0) {
      const { done, value } = await iterator.next();
      if (done) return false;
      rest = value;
    }
    return true;
  }
  async function* one(): AsyncGenerator<Bytes, void, void> {
    const walk = follow(stream(crc32));
    while (!walk.ended) {
      if (!(await more())) throw truncated("xz", taken);
      const part = rest.subarray(0, walk.take(rest));
      rest = rest.subarray(part.length);
      taken += part.length;
      yield part;
    }
  }
  try {
    for (let any = false; await more(); any = true) {
      while (any && rest[0] === 0) {
        rest = rest.subarray(1);
        taken++;
        if (!(await more())) return;
      }
      if (any && rest[0] !== 0xfd) throw corrupt("something follows its end");
      yield* decode(one());
    }
    if (taken === 0) throw truncated("xz", 0);
  } finally {
    // Not awaited: an input that hangs in next() would hang here as well.
    void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
