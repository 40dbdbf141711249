/**
 * DEFLATE (RFC 1951) in pieces. Written here because a gzip reader must know where a deflate stream ends, to check the
 * sum behind it and to find the next member; the inflaters that exist for browsers do not say.
 */
import { asBytes } from "./bytes.ts";
import type { Bytes } from "./types.ts";

/** Thrown by an {@link Inflater} for bytes that are no deflate stream; callers turn it into a `PvError`. */
export class InflateError extends Error {}

/** Decodes one deflate stream. */
export interface Inflater {
  /** Takes input; after the end of the stream gives the bytes that are not part of it, before that undefined. */
  push(chunk: Uint8Array): Bytes | undefined;
}

const WINDOW = 32768;
const FLUSH = 131072;
/** No symbol with its extra bits takes more than 48 bits; reads may run this far past the input before it is noticed. */
const PAD = 8;

const lengthBase = /* @__PURE__ */ new Uint16Array([
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258, 0,
  0,
]);
const lengthExtra = /* @__PURE__ */ new Uint8Array([
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0, 0, 0,
]);
const distanceBase = /* @__PURE__ */ new Uint16Array([
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577, 0, 0,
]);
const distanceExtra = /* @__PURE__ */ new Uint8Array([
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 0, 0,
]);
const lengthOrder = /* @__PURE__ */ new Uint8Array([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);

/** One look-up per symbol: `symbol << 4 | length`, 0 where no code is. */
interface Code {
  table: Uint16Array;
  mask: number;
}

function makeCode(lengths: Uint8Array, table: Uint16Array, complete: boolean): Code {
  const count = new Uint16Array(16);
  for (const length of lengths) count[length]!++;
  count[0] = 0;
  let most = 15;
  while (most > 0 && count[most] === 0) most--;
  const next = new Uint16Array(17);
  let left = 1;
  for (let length = 1; length <= 15; length++) {
    left = left * 2 - count[length]!;
    if (left < 0) throw new InflateError("a Huffman code has too many symbols");
    next[length + 1] = (next[length]! + count[length]!) << 1;
  }
  // zlib's rule: a code may be incomplete only when it is a single code of one bit.
  if (left > 0 && (complete || most > 1)) throw new InflateError("a Huffman code is incomplete");
  const bits = Math.max(most, 1);
  const size = 1 << bits;
  table.fill(0, 0, size);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol]!;
    if (length === 0) continue;
    let code = next[length]!++;
    let reversed = 0;
    for (let bit = 0; bit < length; bit++, code >>= 1) reversed = (reversed << 1) | (code & 1);
    for (let at = reversed; at < size; at += 1 << length) table[at] = (symbol << 4) | length;
  }
  return { table, mask: size - 1 };
}

let fixed: readonly [Code, Code] | undefined;
function fixedCodes(): readonly [Code, Code] {
  if (fixed) return fixed;
  const lengths = new Uint8Array(288).fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280, 288);
  fixed = [
    makeCode(lengths, new Uint16Array(512), true),
    makeCode(new Uint8Array(32).fill(5), new Uint16Array(32), true),
  ];
  return fixed;
}

/** A decoder that hands its output to `emit`, some 128 KiB at a time, each piece an array of its own. */
export function createInflate(emit: (bytes: Bytes) => void): Inflater {
  const out = new Uint8Array(WINDOW + FLUSH + 258);
  const literalTable = new Uint16Array(32768);
  const distanceTable = new Uint16Array(32768);
  let made = 0; // end of the output in `out`
  let said = 0; // how much of it was emitted
  let input: Bytes = new Uint8Array(PAD);
  let end = 0; // of the input; PAD zeros follow
  let pos = 0;
  let hold = 0; // bits taken from the input and not used yet, lowest first
  let bits = 0;
  let markPos = 0; // where to go on once there is more input
  let markHold = 0;
  let markBits = 0;
  let state: "block" | "stored" | "symbols" | "done" = "block";
  let last = false;
  let stored = 0;
  let literals: Code = { table: literalTable, mask: 0 };
  let distances: Code = literals;

  function flush(): void {
    if (made > said) emit(out.slice(said, made));
    if (made > WINDOW) {
      out.copyWithin(0, made - WINDOW, made);
      made = WINDOW;
    }
    said = made;
  }

  /** Up to 16 bits; past the end of the input they are padding, which `short` tells afterwards. */
  function take(count: number): number {
    while (bits < count) {
      hold |= input[pos++]! << bits;
      bits += 8;
    }
    const value = hold & ((1 << count) - 1);
    hold >>>= count;
    bits -= count;
    return value;
  }

  /** True where padding was used as if it were input. */
  function short(): boolean {
    return (pos - end) * 8 > bits;
  }

  function dynamicCodes(): boolean {
    const literalCount = take(5) + 257;
    const distanceCount = take(5) + 1;
    const lengthCount = take(4) + 4;
    if (literalCount > 286 || distanceCount > 30) throw new InflateError("a block has too many symbols");
    const first = new Uint8Array(19);
    for (let at = 0; at < lengthCount; at++) {
      first[lengthOrder[at]!] = take(3);
      if (short()) return false;
    }
    const code = makeCode(first, literalTable, true);
    const lengths = new Uint8Array(literalCount + distanceCount);
    for (let at = 0; at < lengths.length; ) {
      while (bits < 7) {
        hold |= input[pos++]! << bits;
        bits += 8;
      }
      const entry = code.table[hold & code.mask]!;
      hold >>>= entry & 15;
      bits -= entry & 15;
      const symbol = entry >> 4;
      if (symbol === 16 && at === 0) throw new InflateError("a block repeats a length that is not there");
      const value = symbol < 16 ? symbol : symbol === 16 ? lengths[at - 1]! : 0;
      const times = symbol < 16 ? 1 : symbol === 16 ? 3 + take(2) : symbol === 17 ? 3 + take(3) : 11 + take(7);
      if (short()) return false;
      if (at + times > lengths.length) throw new InflateError("a block has too many lengths");
      lengths.fill(value, at, at + times);
      at += times;
    }
    if (lengths[256] === 0) throw new InflateError("a block has no end");
    literals = makeCode(lengths.subarray(0, literalCount), literalTable, false);
    distances = makeCode(lengths.subarray(literalCount), distanceTable, false);
    return true;
  }

  function block(): boolean {
    const isLast = take(1) === 1;
    const type = take(2);
    if (short()) return false;
    if (type === 0) {
      hold >>>= bits & 7;
      bits -= bits & 7;
      const length = take(16);
      const inverse = take(16);
      if (short()) return false;
      if ((length ^ inverse) !== 0xffff) throw new InflateError("a stored block has a wrong length");
      stored = length;
      state = "stored";
    } else if (type === 1) {
      [literals, distances] = fixedCodes();
      state = "symbols";
    } else if (type === 2) {
      if (!dynamicCodes()) return false;
      state = "symbols";
    } else throw new InflateError("a block is of no known type");
    last = isLast;
    return true;
  }

  function storedBytes(): boolean {
    pos -= bits >> 3;
    hold = bits = 0;
    const count = Math.min(stored, end - pos, WINDOW + FLUSH - made);
    if (count === 0 && stored > 0) return false;
    out.set(input.subarray(pos, pos + count), made);
    pos += count;
    made += count;
    stored -= count;
    if (made >= WINDOW + FLUSH) flush();
    if (stored === 0) state = last ? "done" : "block";
    return true;
  }

  function symbols(): boolean {
    const { table, mask } = literals;
    const { table: table2, mask: mask2 } = distances;
    const bytes = input;
    let p = pos;
    let h = hold;
    let b = bits;
    let to = made;
    let wrong = "";
    for (;;) {
      markPos = p;
      markHold = h;
      markBits = b;
      while (b < 15) {
        h |= bytes[p++]! << b;
        b += 8;
      }
      const entry = table[h & mask]!;
      h >>>= entry & 15;
      b -= entry & 15;
      const symbol = entry >> 4;
      if (entry === 0) wrong = "a symbol is of no code";
      if (entry === 0 || symbol === 256) break;
      if (symbol < 256) {
        if ((p - end) * 8 > b) break;
        out[to++] = symbol;
      } else {
        const extra = lengthExtra[symbol - 257]!;
        while (b < extra) {
          h |= bytes[p++]! << b;
          b += 8;
        }
        const length = lengthBase[symbol - 257]! + (h & ((1 << extra) - 1));
        h >>>= extra;
        b -= extra;
        while (b < 15) {
          h |= bytes[p++]! << b;
          b += 8;
        }
        const entry2 = table2[h & mask2]!;
        h >>>= entry2 & 15;
        b -= entry2 & 15;
        const extra2 = distanceExtra[entry2 >> 4]!;
        while (b < extra2) {
          h |= bytes[p++]! << b;
          b += 8;
        }
        const distance = distanceBase[entry2 >> 4]! + (h & ((1 << extra2) - 1));
        h >>>= extra2;
        b -= extra2;
        if (entry2 === 0 || length < 3 || distance === 0 || distance > to) wrong = "a copy reaches too far back";
        if (wrong || (p - end) * 8 > b) break;
        for (const stop = to + length; to < stop; to++) out[to] = out[to - distance]!;
      }
      if (to >= WINDOW + FLUSH) {
        made = to;
        flush();
        to = made;
      }
    }
    made = to;
    pos = p;
    hold = h;
    bits = b;
    if (short()) return false;
    if (wrong) throw new InflateError(wrong);
    state = last ? "done" : "block";
    return true;
  }

  return {
    push(chunk) {
      if (state === "done") return asBytes(chunk);
      const joined = new Uint8Array(end - pos + chunk.length + PAD);
      joined.set(input.subarray(pos, end));
      joined.set(chunk, end - pos);
      input = joined;
      pos = 0;
      end = joined.length - PAD;
      for (;;) {
        markPos = pos;
        markHold = hold;
        markBits = bits;
        let more: boolean;
        try {
          more = state === "block" ? block() : state === "stored" ? storedBytes() : symbols();
        } catch (error) {
          if (!(error instanceof InflateError) || !short()) throw error;
          more = false; // it was padding that made no sense
        }
        if (!more) {
          pos = markPos - (markBits >> 3);
          bits = markBits & 7;
          hold = markHold & ((1 << bits) - 1);
          flush();
          return undefined;
        }
        if ((state as string) === "done") {
          flush();
          return input.subarray(pos - (bits >> 3), end);
        }
      }
    },
  };
}
