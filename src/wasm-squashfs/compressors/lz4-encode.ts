/**
 * Raw LZ4 blocks (lz4 project: `doc/lz4_Block_format.md`). Written here because no well-kept package makes the high
 * compression form, which Pantavisor's `-comp lz4 -Xhc` asks for; plain code gives the same bytes on every runtime.
 */

const MIN_MATCH = 4;
const MAX_DISTANCE = 65535;
/** The last match starts at least this far from the end, and the last bytes are literals: decoders rely on it. */
const MATCH_MARGIN = 12;
const LAST_LITERALS = 5;
/** A match of this length is taken without weighing shorter ones. */
const GOOD_MATCH = 256;
const HASH_BITS = 16;

/** Compresses blocks of up to `most` bytes; more than `input.length` bytes are never written. */
export interface Lz4Encoder {
  /** Length of the result in `out`, or `input.length` where nothing is gained. */
  encode(input: Uint8Array, out: Uint8Array): number;
}

const hashAt = (input: Uint8Array, at: number): number =>
  Math.imul(input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16) | (input[at + 3]! << 24), 0x9e3779b1) >>>
  (32 - HASH_BITS);

/** Bytes that a length takes beyond its four bits. */
const extraBytes = (length: number): number => (length < 15 ? 0 : 1 + Math.floor((length - 15) / 255));

/** Writes sequences; stops where the result would not be shorter than the input. */
class SequenceWriter {
  readonly #input: Uint8Array;
  readonly #out: Uint8Array;
  #to = 0;

  constructor(input: Uint8Array, out: Uint8Array) {
    this.#input = input;
    this.#out = out;
  }

  /** Literals from `from` to `at`, then a match; false when there is no room. */
  add(from: number, at: number, distance: number, length: number): boolean {
    if (!this.#literals(from, at, length - MIN_MATCH, 2 + extraBytes(length - MIN_MATCH))) return false;
    this.#out[this.#to++] = distance & 255;
    this.#out[this.#to++] = distance >> 8;
    this.#extend(length - MIN_MATCH);
    return true;
  }

  /** The literals at the end; the length of all, or of the input where that is no more. */
  finish(from: number): number {
    const { length } = this.#input;
    return this.#literals(from, length, 0, 0) ? this.#to : length;
  }

  #literals(from: number, at: number, match: number, more: number): boolean {
    const count = at - from;
    if (this.#to + 1 + extraBytes(count) + count + more >= this.#input.length) return false;
    this.#out[this.#to++] = (Math.min(count, 15) << 4) | Math.min(match, 15);
    this.#extend(count);
    this.#out.set(this.#input.subarray(from, at), this.#to);
    this.#to += count;
    return true;
  }

  #extend(length: number): void {
    if (length < 15) return;
    let left = length - 15;
    for (; left >= 255; left -= 255) this.#out[this.#to++] = 255;
    this.#out[this.#to++] = left;
  }
}

function matchLength(input: Uint8Array, a: number, b: number, end: number): number {
  let at = b;
  for (let other = a; at < end && input[other] === input[at]; other++) at++;
  return at - b;
}

/** Greedy, with one candidate a place: LZ4's fast form. */
export function fastLz4(): Lz4Encoder {
  const heads = new Int32Array(1 << HASH_BITS);
  return {
    encode(input, out) {
      heads.fill(-1);
      const writer = new SequenceWriter(input, out);
      const limit = input.length - MATCH_MARGIN;
      const end = input.length - LAST_LITERALS;
      let from = 0;
      let at = 0;
      let misses = 0;
      while (at < limit) {
        const hash = hashAt(input, at);
        const candidate = heads[hash]!;
        heads[hash] = at;
        const length = candidate >= 0 && at - candidate <= MAX_DISTANCE ? matchLength(input, candidate, at, end) : 0;
        if (length < MIN_MATCH) {
          // What does not compress is gone through in growing steps.
          at += 1 + (misses++ >> 6);
          continue;
        }
        if (!writer.add(from, at, at - candidate, length)) return input.length;
        misses = 0;
        at += length;
        from = at;
        if (at < limit) heads[hashAt(input, at - 2)] = at - 2;
      }
      return writer.finish(from);
    },
  };
}

/** The cheapest way through the block, by matches found along chains of up to `attempts` places: LZ4 HC. */
export function optimalLz4(most: number, attempts: number): Lz4Encoder {
  const heads = new Int32Array(1 << HASH_BITS);
  const previous = new Int32Array(most);
  /** By place: least bytes to get there, literals before it, and the last step (length 1: a literal). */
  const costs = new Uint32Array(most + 1);
  const literals = new Uint32Array(most + 1);
  const lengths = new Uint32Array(most + 1);
  const distances = new Uint16Array(most + 1);
  const ends = new Uint32Array(most / MIN_MATCH + 1);

  function plan(input: Uint8Array): void {
    const limit = input.length - MATCH_MARGIN;
    const end = input.length - LAST_LITERALS;
    heads.fill(-1);
    costs.fill(0xffffffff, 0, input.length + 1);
    costs[0] = 0;
    literals[0] = 0;
    let skipTo = 0;
    for (let at = 0; at < input.length; at++) {
      const before = literals[at]!;
      const cost = costs[at]!;
      const literal = cost + 1 + extraBytes(before + 1) - extraBytes(before);
      if (literal < costs[at + 1]!) {
        costs[at + 1] = literal;
        literals[at + 1] = before + 1;
        lengths[at + 1] = 1;
      }
      if (at >= limit) continue;
      const hash = hashAt(input, at);
      let candidate = heads[hash]!;
      heads[hash] = at;
      previous[at] = candidate;
      if (at < skipTo) continue;
      let best = MIN_MATCH - 1;
      let bestAt = -1;
      for (let left = attempts; candidate >= 0 && at - candidate <= MAX_DISTANCE && left > 0; left--) {
        if (input[candidate + best] === input[at + best]) {
          const length = matchLength(input, candidate, at, end);
          if (length > best) {
            best = length;
            bestAt = candidate;
            if (at + best >= end) break;
          }
        }
        candidate = previous[candidate]!;
      }
      if (bestAt < 0) continue;
      const distance = at - bestAt;
      for (let length = best >= GOOD_MATCH ? best : MIN_MATCH; length <= best; length++) {
        const total = cost + 3 + extraBytes(length - MIN_MATCH);
        const to = at + length;
        if (total > costs[to]! || (total === costs[to] && lengths[to] !== 1)) continue;
        costs[to] = total;
        literals[to] = 0;
        lengths[to] = length;
        distances[to] = distance;
      }
      if (best >= GOOD_MATCH) skipTo = at + best;
    }
  }

  return {
    encode(input, out) {
      plan(input);
      // The plan is known from its end: the matches on the way back, then written forwards.
      let count = 0;
      for (let at = input.length; at > 0; at -= lengths[at]!) if (lengths[at]! > 1) ends[count++] = at;
      const writer = new SequenceWriter(input, out);
      let from = 0;
      while (count > 0) {
        const end = ends[--count]!;
        const length = lengths[end]!;
        if (!writer.add(from, end - length, distances[end]!, length)) return input.length;
        from = end;
      }
      return writer.finish(from);
    },
  };
}
