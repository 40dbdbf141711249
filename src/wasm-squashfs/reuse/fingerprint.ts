import type { Bytes } from "../../core/index.ts";
import { utf8 } from "../../core/internal.ts";
import { createHasher } from "../../objects/index.ts";
import type { Compressor } from "../compressors/compressor.ts";
import type { ResolvedOptions } from "../options.ts";

const PROBE_BYTES = 65536;

/** Text, records and noise, always the same: what a compressor makes of it tells one from another. */
function probe(length: number): Bytes {
  const bytes = new Uint8Array(length);
  let state = 1;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 16;
  };
  const words = Array.from({ length: 200 }, () => Array.from({ length: 2 + (next() % 9) }, () => 97 + (next() % 26)));
  for (let at = 0; at < length; ) {
    const part = (at >> 12) & 3;
    if (part === 3) bytes[at++] = next();
    else if (part === 2) {
      const record = [at & 255, (at >> 8) & 255, 0, 0, next() & 7, 0, next() & 255, 0x40];
      for (const byte of record) bytes[at++] = byte;
    } else {
      for (const byte of words[next() % words.length]!) bytes[at++] = byte;
      bytes[at++] = part === 0 ? 32 : 10;
    }
  }
  return bytes;
}

/**
 * Says which encoder with which settings makes blocks: a block of a previous image may stand for one of the new only if
 * it is what this encoder would make. The encoder is known by its work, so two versions that do the same are the same.
 */
export function encoderFingerprint(compressor: Compressor, options: ResolvedOptions): Bytes {
  const { level, blockSizeBytes } = options;
  const packed = compressor.compressNow(probe(Math.min(PROBE_BYTES, blockSizeBytes)));
  return createHasher()
    .update(utf8(`${options.compressor} ${level} ${blockSizeBytes}\n`))
    .update(packed)
    .digest();
}
