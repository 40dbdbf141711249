import { isZero } from "./bytes.ts";
import { PvError } from "./errors.ts";
import type { NativeTransform, NativeZlib } from "./native.ts";
import { type InputCount, throughTransform } from "./native-transform.ts";
import { truncated } from "./truncated.ts";
import type { Bytes } from "./types.ts";
import { decodeFrames } from "./zstd-frames.ts";

const options = { chunkSize: 128 * 1024 };

function corruptEnd(format: string): PvError {
  return new PvError("CONTENT_CORRUPT", `the ${format} data is corrupt: something follows its end`, { format });
}

/** A native decoder's errors in our words; abort reasons and errors of the input pass through as they are. */
async function* decode(
  chunks: AsyncIterable<Bytes>,
  transform: NativeTransform,
  input: InputCount,
  format: "gzip" | "zstd",
): AsyncGenerator<Bytes, void, void> {
  let failed: { code?: string } | undefined;
  transform.on("error", (error) => {
    failed = error;
  });
  try {
    yield* throughTransform(chunks, transform, input, (rest) => {
      if (!isZero(rest)) throw corruptEnd(format);
    });
  } catch (error) {
    if (error !== failed || !(error instanceof Error)) throw error;
    if (failed?.code === "Z_BUF_ERROR" || /unexpected end/i.test(error.message)) throw truncated(format, input.bytes);
    throw new PvError(
      "CONTENT_CORRUPT",
      `the ${format} data is corrupt: ${error.message}`,
      { format },
      { cause: error },
    );
  }
}

/** Gunzips with the runtime's zlib. */
export function nativeGunzip(chunks: AsyncIterable<Bytes>, zlib: NativeZlib, input: InputCount): AsyncIterable<Bytes> {
  return decode(chunks, zlib.createGunzip(options), input, "gzip");
}

/** Decompresses zstd with the runtime's decoder, frame by frame. */
export function nativeUnzstd(chunks: AsyncIterable<Bytes>, zlib: NativeZlib, input: InputCount): AsyncIterable<Bytes> {
  return decodeFrames(chunks, (frame) => decode(frame, zlib.createZstdDecompress!(options), input, "zstd"));
}
