/**
 * XXH64 with seed 0 (xxHash specification 0.1.1), whose low 32 bits zstd puts behind a frame. In halves of 32 bits:
 * BigInt would be five times slower than the decompression that it checks.
 */
export interface Xxh64 {
  update(bytes: Uint8Array): void;
  /** The low 32 bits of the sum of all bytes so far. */
  low32(): number;
}

const P1H = 0x9e3779b1 | 0;
const P1L = 0x85ebca87 | 0;
const P2H = 0xc2b2ae3d | 0;
const P2L = 0x27d4eb4f | 0;
const P3H = 0x165667b1;
const P3L = 0x9e3779f9 | 0;
const P4H = 0x85ebca77 | 0;
const P4L = 0xc2b2ae63 | 0;
const P5H = 0x27d4eb2f;
const P5L = 0x165667c5;

/** The result of the last operation. */
let hi = 0;
let lo = 0;

/** (hi, lo) times (bh, bl), the low 64 bits. */
function multiply(bh: number, bl: number): void {
  const a0 = lo & 0xffff;
  const a1 = lo >>> 16;
  const b0 = bl & 0xffff;
  const b1 = bl >>> 16;
  const low = a0 * b0;
  const mid = a1 * b0 + (low >>> 16);
  const mid2 = a0 * b1 + (mid & 0xffff);
  const high = a1 * b1 + Math.floor(mid / 65536) + (mid2 >>> 16);
  hi = (high + Math.imul(hi, bl) + Math.imul(lo, bh)) | 0;
  lo = (mid2 << 16) | (low & 0xffff);
}

function add(bh: number, bl: number): void {
  const sum = (lo >>> 0) + (bl >>> 0);
  hi = (hi + bh + (sum > 0xffffffff ? 1 : 0)) | 0;
  lo = sum | 0;
}

function rotate(count: number): void {
  const h = count < 32 ? hi : lo;
  const l = count < 32 ? lo : hi;
  const bits = count & 31;
  hi = (h << bits) | (l >>> (32 - bits));
  lo = (l << bits) | (h >>> (32 - bits));
}

/** One lane's step: `acc = rotl(acc + word * P2, 31) * P1`, with the word in (wh, wl). */
function round(ah: number, al: number, wh: number, wl: number): void {
  hi = wh;
  lo = wl;
  multiply(P2H, P2L);
  add(ah, al);
  rotate(31);
  multiply(P1H, P1L);
}

export function createXxh64(): Xxh64 {
  // Four lanes, high and low in turn: P1 + P2, P2, 0, -P1.
  const lanes = new Int32Array([0x60ea27ee, 0xadc0b5d6, P2H, P2L, 0, 0, 0x61c8864e, 0x7a143579]);
  const rest = new Uint8Array(32);
  let held = 0;
  let total = 0;

  function stripe(bytes: Uint8Array, at: number): void {
    for (let lane = 0; lane < 4; lane++) {
      const from = at + lane * 8;
      const wl = bytes[from]! | (bytes[from + 1]! << 8) | (bytes[from + 2]! << 16) | (bytes[from + 3]! << 24);
      const wh = bytes[from + 4]! | (bytes[from + 5]! << 8) | (bytes[from + 6]! << 16) | (bytes[from + 7]! << 24);
      round(lanes[lane * 2]!, lanes[lane * 2 + 1]!, wh, wl);
      lanes[lane * 2] = hi;
      lanes[lane * 2 + 1] = lo;
    }
  }

  function converge(): void {
    let sumH = 0;
    let sumL = 0;
    for (let lane = 0; lane < 4; lane++) {
      hi = lanes[lane * 2]!;
      lo = lanes[lane * 2 + 1]!;
      rotate([1, 7, 12, 18][lane]!);
      add(sumH, sumL);
      sumH = hi;
      sumL = lo;
    }
    for (let lane = 0; lane < 4; lane++) {
      round(0, 0, lanes[lane * 2]!, lanes[lane * 2 + 1]!);
      hi ^= sumH;
      lo ^= sumL;
      multiply(P1H, P1L);
      add(P4H, P4L);
      sumH = hi;
      sumL = lo;
    }
  }

  return {
    update(bytes) {
      total += bytes.length;
      let at = 0;
      if (held > 0) {
        at = Math.min(32 - held, bytes.length);
        rest.set(bytes.subarray(0, at), held);
        held += at;
        if (held < 32) return;
        stripe(rest, 0);
        held = 0;
      }
      for (; at + 32 <= bytes.length; at += 32) stripe(bytes, at);
      rest.set(bytes.subarray(at));
      held = bytes.length - at;
    },
    low32() {
      if (total >= 32) converge();
      else [hi, lo] = [P5H, P5L];
      add(Math.floor(total / 2 ** 32), total | 0);
      const view = new DataView(rest.buffer);
      let at = 0;
      for (; at + 8 <= held; at += 8) {
        const [sumH, sumL] = [hi, lo];
        round(0, 0, view.getInt32(at + 4, true), view.getInt32(at, true));
        hi ^= sumH;
        lo ^= sumL;
        rotate(27);
        multiply(P1H, P1L);
        add(P4H, P4L);
      }
      if (at + 4 <= held) {
        const [sumH, sumL] = [hi, lo];
        [hi, lo] = [0, view.getInt32(at, true)];
        multiply(P1H, P1L);
        hi ^= sumH;
        lo ^= sumL;
        rotate(23);
        multiply(P2H, P2L);
        add(P3H, P3L);
        at += 4;
      }
      for (; at < held; at++) {
        const [sumH, sumL] = [hi, lo];
        [hi, lo] = [0, rest[at]!];
        multiply(P5H, P5L);
        hi ^= sumH;
        lo ^= sumL;
        rotate(11);
        multiply(P1H, P1L);
      }
      lo ^= hi >>> 1; // 33 to the right
      multiply(P2H, P2L);
      [hi, lo] = [hi ^ (hi >>> 29), lo ^ ((lo >>> 29) | (hi << 3))];
      multiply(P3H, P3L);
      return (lo ^ hi) >>> 0; // 32 to the right
    },
  };
}
