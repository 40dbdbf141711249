import type { Bytes } from "../../../core/index.ts";
import type { NativeZlib } from "../../../core/internal.ts";
import { type Decode, DecodeFailure, SYNC_BYTES } from "./decoder.ts";
import { nativeFailure, plain } from "./inflate.ts";

/**
 * Checks a frame's header (RFC 8878, 3.1.1.1): one frame of zstd, a window that the kernel has room for, and no more
 * content than fits.
 */
function checkFrame(input: Uint8Array, capacity: number, maxWindow: number): void {
  const corrupt = (what: string): DecodeFailure => new DecodeFailure("corrupt", `zstd: ${what}`);
  const at = (index: number): number => {
    if (index >= input.length) throw corrupt("the header is cut short");
    return input[index]!;
  };
  if (at(0) !== 0x28 || at(1) !== 0xb5 || at(2) !== 0x2f || at(3) !== 0xfd) throw corrupt("it is no frame");
  const descriptor = at(4);
  const single = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const dictionaryFlag = descriptor & 3;
  if (dictionaryFlag !== 0) throw corrupt("it needs a dictionary");
  let next = 5;
  let window: number | undefined;
  if (!single) {
    const byte = at(next++);
    const base = 2 ** (10 + (byte >> 3));
    window = base + (base / 8) * (byte & 7);
  }
  const width = sizeFlag === 0 ? (single ? 1 : 0) : 2 ** sizeFlag;
  let content = sizeFlag === 1 ? 256 : 0;
  for (let index = 0; index < width; index++) content += at(next + index) * 2 ** (8 * index);
  if (width > 0 && content > capacity) throw new DecodeFailure("overlong", `${content} bytes`);
  window ??= content;
  if (window > maxWindow) throw new DecodeFailure("dictionary", `a window of ${window} bytes`);
}

/** The runtime's own zstd (Node >= 22.15). */
export function nativeZstd(zlib: NativeZlib, maxWindow: number): Decode {
  return (input, capacity) => {
    checkFrame(input, capacity, maxWindow);
    const options = { chunkSize: Math.max(64, capacity + 1), maxOutputLength: Math.max(1, capacity) };
    if (capacity <= SYNC_BYTES || !zlib.zstdDecompress) {
      try {
        return plain(zlib.zstdDecompressSync!(input, options));
      } catch (error) {
        throw nativeFailure(error);
      }
    }
    return new Promise((resolve, reject) => {
      zlib.zstdDecompress!(input, options, (error, bytes) => {
        if (error) reject(nativeFailure(error));
        else resolve(plain(bytes));
      });
    });
  };
}

/** The optional package, or undefined where it is not installed. */
export async function wasmZstd(maxWindow: number): Promise<Decode | undefined> {
  let decoder: { decode(input: Uint8Array, size: number): Uint8Array };
  try {
    const { ZSTDDecoder } = await import("zstddec");
    const created = new ZSTDDecoder();
    await created.init();
    decoder = created;
  } catch {
    return undefined;
  }
  return (input, capacity) => {
    checkFrame(input, capacity, maxWindow);
    // An error code comes back as a negative length, which its slice turns into nothing.
    const bytes = decoder.decode(input, Math.max(1, capacity)) as Bytes;
    if (bytes.length === 0) throw new DecodeFailure("corrupt", "zstd: the frame does not decompress");
    return bytes;
  };
}
