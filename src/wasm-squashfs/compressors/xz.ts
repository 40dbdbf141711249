import { crc32, nativeBuffer, nativeZlib } from "../../core/internal.ts";
import { COMPRESSOR, METADATA_BYTES } from "../format.ts";
import type { Compressor, Encoder } from "./compressor.ts";
import type { EncoderSettings } from "./in-place.ts";
import { put } from "./lane-pool.ts";
import { pooled } from "./pooled.ts";

const MOST_PRESET = 6;
/** The kernel knows no CRC64, which is liblzma's default. */
const CHECK_CRC32 = 1;
/** Encoders at work at once. */
const NATIVE_LANES = 3;

/** `LZMA_PRESET_EXTREME`: the search of the best presets at the dictionary of any. */
const EXTREME = 2 ** 31;
/** The dictionary of preset 0; that of 1 is as long as the largest block. */
const PRESET_0_DICTIONARY_BYTES = 256 * 1024;
/** What a container of `.xz` adds to content that cannot be compressed, and more. */
const XZ_OVERHEAD_BYTES = 1024;

/** Bytes of the stream header, before the first block header. */
const STREAM_HEADER_BYTES = 12;
const LZMA2 = 0x21;

/** One `.xz` file a block with CRC32 and a dictionary that the kernel has room for. */
export async function xzCompressor(settings: EncoderSettings, portable: boolean): Promise<Compressor> {
  const { level, blockSizeBytes } = settings;
  if (!portable && nativeZlib()) {
    const native = await import("node-liblzma").catch(() => undefined);
    if (native) {
      const dictionaryBytes = Math.max(blockSizeBytes, METADATA_BYTES);
      return { id: COMPRESSOR.xz, ...nativeXz(native as unknown as NativeXz, level, dictionaryBytes) };
    }
  }
  return { id: COMPRESSOR.xz, ...(await pooled(settings)) };
}

/** The package, as far as it is used here. */
interface NativeXz {
  xzAsync(bytes: Uint8Array, options: XzOptions): Promise<Uint8Array>;
  xzSync(bytes: Uint8Array, options: XzOptions): Uint8Array;
}

interface XzOptions {
  preset: number;
  check: number;
  threads: number;
  /** Length of the buffer for the result; each that is full is one more turn through the thread pool. */
  chunkSize: number;
}

/**
 * liblzma's tables follow from the dictionary: the 8 MiB of preset 6 are 16 MB of hashes, made anew for each block and
 * too many for a cache. The package sets presets only, so the same kind of search (a binary tree, optimal parsing; longer
 * and deeper) is asked for with the smallest dictionary of a preset that a block fits in.
 */
function nativePreset(level: number, dictionaryBytes: number): number {
  if (level < MOST_PRESET) return level;
  return EXTREME + (dictionaryBytes <= PRESET_0_DICTIONARY_BYTES ? 0 : 1);
}

function nativeXz(native: NativeXz, level: number, dictionaryBytes: number): Encoder {
  const preset = nativePreset(level, dictionaryBytes);
  const optionsFor = (bytes: Uint8Array): XzOptions => {
    return { preset, check: CHECK_CRC32, threads: 1, chunkSize: bytes.length + XZ_OVERHEAD_BYTES };
  };
  const running = new Set<Promise<unknown>>();
  return {
    compressNow: (bytes) => withDictionary(native.xzSync(nativeBuffer(bytes), optionsFor(bytes)), dictionaryBytes),
    async compress(bytes, into) {
      while (running.size >= NATIVE_LANES) await Promise.race(running);
      const result = native.xzAsync(nativeBuffer(bytes), optionsFor(bytes));
      const done: Promise<unknown> = result.then(
        () => running.delete(done),
        () => running.delete(done),
      );
      running.add(done);
      return put(withDictionary(await result, dictionaryBytes), bytes, into);
    },
  };
}

/** Exponent and low bit of a dictionary size (xz-file-format 5.3.1); the sizes here are powers of two. */
function dictionaryByte(dictionaryBytes: number): number {
  return (31 - Math.clz32(dictionaryBytes) - 12) * 2;
}

/**
 * Says in the block header that a dictionary of `dictionaryBytes` is enough, which is true of content that is no
 * longer: the package cannot set it, and the kernel fails with EIO on the 8 MiB that a preset asks for.
 */
export function withDictionary(xz: Uint8Array, dictionaryBytes: number): Uint8Array {
  const size = (xz[STREAM_HEADER_BYTES]! + 1) * 4;
  const header = new Uint8Array(xz.buffer, xz.byteOffset + STREAM_HEADER_BYTES, size);
  let at = 2;
  // Sizes of the block, where its header has them, are numbers of 7 bits a byte.
  for (const flag of [0x40, 0x80]) if (header[1]! & flag) while (header[at++]! & 0x80);
  if (header[at] !== LZMA2 || header[at + 1] !== 1) throw new TypeError("the xz package wrote a block without LZMA2");
  header[at + 2] = dictionaryByte(dictionaryBytes);
  const sum = crc32(header.subarray(0, size - 4));
  new DataView(header.buffer, header.byteOffset).setUint32(size - 4, sum, true);
  return xz;
}
