import { unzlibSync } from "fflate";
import type { Bytes } from "../../../core/index.ts";
import type { NativeZlib } from "../../../core/internal.ts";
import { type Decode, DecodeFailure, SYNC_BYTES } from "./decoder.ts";

/** A `Buffer` as plain bytes. */
export const plain = (bytes: Uint8Array<ArrayBuffer>): Bytes =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);

/** A native decoder's error in our words. */
export function nativeFailure(error: unknown): DecodeFailure {
  const { code, message } = error as { code?: string; message?: string };
  return new DecodeFailure(code === "ERR_BUFFER_TOO_LARGE" ? "overlong" : "corrupt", message ?? "", error);
}

/** The runtime's own inflate. */
export function nativeInflate(zlib: NativeZlib): Decode {
  return (input, capacity) => {
    // One spare byte, so that the end of the stream is seen in the first call of the engine.
    const options = { chunkSize: Math.max(64, capacity + 1), maxOutputLength: Math.max(1, capacity) };
    if (capacity <= SYNC_BYTES) {
      try {
        return plain(zlib.inflateSync(input, options));
      } catch (error) {
        throw nativeFailure(error);
      }
    }
    return new Promise((resolve, reject) => {
      zlib.inflate(input, options, (error, bytes) => {
        if (error) reject(nativeFailure(error));
        else resolve(plain(bytes));
      });
    });
  };
}

/** Adler-32 (RFC 1950): fflate does not look at it. */
function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (let at = 0; at < bytes.length; ) {
    // 3800 sums stay below 2^31, so the remainder need not be taken each time.
    const end = Math.min(at + 3800, bytes.length);
    for (; at < end; at++) {
      a += bytes[at]!;
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return b * 65536 + a;
}

/** The package's inflate, for runtimes without one. */
export const portableInflate: Decode = (input, capacity) => {
  // Header, one block, Adler-32: fflate gives the whole buffer back for less.
  if (input.length < 8) throw new DecodeFailure("corrupt", "a zlib stream is cut short");
  let bytes: Uint8Array;
  try {
    // One spare byte shows that there is more; fflate drops what does not fit.
    bytes = unzlibSync(input, { out: new Uint8Array(capacity + 1) });
  } catch (error) {
    throw new DecodeFailure("corrupt", error instanceof Error ? error.message : "", error);
  }
  if (bytes.length > capacity) throw new DecodeFailure("overlong", `more than ${capacity} bytes`);
  const sum = new DataView(input.buffer, input.byteOffset + input.length - 4, 4).getUint32(0);
  if (adler32(bytes) !== sum) throw new DecodeFailure("corrupt", "the Adler-32 is wrong");
  return bytes as Bytes;
};
