import type { Bytes } from "../../../core/index.ts";
import { type Decode, DecodeFailure } from "./decoder.ts";

const corrupt = (what: string): DecodeFailure => new DecodeFailure("corrupt", `lz4: ${what}`);

/**
 * A raw LZ4 block (lz4 project: `doc/lz4_Block_format.md`): sequences of {token, literals, 16-bit distance, match}, the
 * last of literals only. Every length is checked before anything is copied.
 */
export const decodeLz4: Decode = (input, capacity) => {
  const out: Bytes = new Uint8Array(capacity);
  const end = input.length;
  let from = 0;
  let to = 0;

  /** A length of 15 goes on in bytes of 255. */
  function extended(length: number): number {
    let sum = length;
    for (;;) {
      if (from >= end) throw corrupt("a length is cut short");
      const byte = input[from++]!;
      sum += byte;
      if (byte !== 255) return sum;
    }
  }

  if (end === 0) throw corrupt("nothing is there");
  for (;;) {
    if (from >= end) throw corrupt("it ends in a match");
    const token = input[from++]!;
    const nibble = token >> 4;
    const literals = nibble === 15 ? extended(15) : nibble;
    if (literals > end - from) throw corrupt("literals are cut short");
    if (literals > capacity - to) throw new DecodeFailure("overlong", `more than ${capacity} bytes`);
    if (literals < 32) for (let left = literals; left > 0; left--) out[to++] = input[from++]!;
    else {
      out.set(input.subarray(from, from + literals), to);
      from += literals;
      to += literals;
    }
    if (from === end) {
      if ((token & 15) !== 0) throw corrupt("it ends in a match");
      return to === capacity ? out : out.slice(0, to);
    }
    if (end - from < 2) throw corrupt("a distance is cut short");
    const distance = input[from]! | (input[from + 1]! << 8);
    from += 2;
    if (distance === 0 || distance > to) throw corrupt(`a distance of ${distance} at byte ${to}`);
    const low = token & 15;
    const match = 4 + (low === 15 ? extended(15) : low);
    if (match > capacity - to) throw new DecodeFailure("overlong", `more than ${capacity} bytes`);
    if (distance >= match && match >= 32) {
      out.copyWithin(to, to - distance, to - distance + match);
      to += match;
    } else for (let left = match; left > 0; left--, to++) out[to] = out[to - distance]!;
  }
};
