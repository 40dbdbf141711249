import { type ByteSource, type ObjectId, PvError } from "../../core/index.ts";
import { type ReadableInto, readInto } from "../../core/internal.ts";
import { createHasher } from "../../objects/index.ts";

const CHUNK_BYTES = 65536;

/** SHA-256 of the first `sizeBytes` of a source, in memory that is used again; undefined without a source. */
export async function hashWritten(
  source: (ByteSource & ReadableInto) | undefined,
  sizeBytes: number,
  signal: AbortSignal | undefined,
): Promise<ObjectId | undefined> {
  if (!source) return undefined;
  const hasher = createHasher();
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (let at = 0; at < sizeBytes; ) {
    signal?.throwIfAborted();
    const wanted = Math.min(CHUNK_BYTES, sizeBytes - at);
    const into = buffer.subarray(0, wanted);
    const bytes = source[readInto] ? into.subarray(0, await source[readInto](at, into)) : await source.read(at, wanted);
    if (bytes.length === 0) {
      throw new PvError("CONTENT_TRUNCATED", `the sink gives back ${at} of ${sizeBytes} bytes`, {
        expected: sizeBytes,
        actual: at,
      });
    }
    hasher.update(bytes);
    at += bytes.length;
  }
  await source.close?.();
  return hasher.id();
}
