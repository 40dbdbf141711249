import { PvError } from "./errors.ts";
import { createInflate, InflateError } from "./inflate.ts";
import type { LateTools } from "./late-tools.ts";
import { truncated } from "./truncated.ts";
import type { Bytes } from "./types.ts";

/** Input taken at a time: one piece may hold a thousand times its size. */
const SLICE_BYTES = 16384;
const HEADER_MAX = 2 ** 20;

function corrupt(what: string): PvError {
  return new PvError("CONTENT_CORRUPT", `the gzip data is corrupt: ${what}`, { format: "gzip" });
}

/**
 * Gunzips in plain code (RFC 1952): any number of members, sums and sizes checked, zeros behind the last one ignored.
 */
export async function* portableGunzip(
  chunks: AsyncIterable<Bytes>,
  { chunkReader, crc32 }: LateTools,
): AsyncGenerator<Bytes, void, void> {
  const reader = chunkReader(chunks);
  let pushed: Bytes = new Uint8Array(0); // what an inflater gave back
  async function some(most: number): Promise<Bytes> {
    if (pushed.length === 0) return reader.some(most);
    const out = pushed.subarray(0, most);
    pushed = pushed.subarray(out.length);
    return out;
  }
  async function exactly(count: number): Promise<Bytes> {
    const out = new Uint8Array(count);
    for (let at = 0; at < count; ) {
      const part = await some(count - at);
      if (part.length === 0) throw truncated("gzip", reader.position);
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
  async function skipText(): Promise<void> {
    for (let length = 0; (await exactly(1))[0] !== 0; length++) if (length > HEADER_MAX) throw corrupt("endless name");
  }
  try {
    for (let member = 0; ; member++) {
      let first = await some(1);
      if (member > 0) {
        if (first[0] === 0) {
          while (first.length > 0 && first.every((byte) => byte === 0)) first = await some(SLICE_BYTES);
          if (first.length > 0) throw corrupt("something follows its end");
        }
        if (first.length === 0) return;
      } else if (first.length === 0) throw truncated("gzip", 0);
      if (first[0] !== 0x1f) throw corrupt(member > 0 ? "something follows its end" : "no gzip header");
      const header = await exactly(9);
      if (header[0] !== 0x8b || header[1] !== 8) throw corrupt("no gzip header");
      const flags = header[2]!;
      if (flags & 0xe0) throw corrupt("unknown flags");
      if (flags & 4) {
        const [low, high] = await exactly(2);
        await exactly(low! + high! * 256);
      }
      if (flags & 8) await skipText();
      if (flags & 16) await skipText();
      if (flags & 2) await exactly(2);

      const out: Bytes[] = [];
      const inflate = createInflate((bytes) => out.push(bytes));
      let sum = 0;
      let size = 0;
      for (let rest: Bytes | undefined; rest === undefined; ) {
        const slice = await some(SLICE_BYTES);
        if (slice.length === 0) throw truncated("gzip", reader.position);
        try {
          rest = inflate.push(slice);
        } catch (error) {
          throw error instanceof InflateError ? corrupt(error.message) : error;
        }
        if (rest !== undefined && rest.length > 0) {
          const joined = new Uint8Array(rest.length + pushed.length);
          joined.set(rest);
          joined.set(pushed, rest.length);
          pushed = joined;
        }
        for (const bytes of out.splice(0)) {
          sum = crc32(bytes, sum);
          size = (size + bytes.length) >>> 0;
          yield bytes;
        }
      }
      const trailer = await exactly(8);
      const view = new DataView(trailer.buffer);
      if (view.getUint32(0, true) !== sum) throw corrupt("wrong CRC-32");
      if (view.getUint32(4, true) !== size) throw corrupt("wrong size");
    }
  } finally {
    await reader.close();
  }
}
