/** What the rooms above use of this one, and nobody outside. */
export { abortable } from "./abortable.ts";
export { isTransient, MAX_TRIES, sleep, waitBefore } from "./backoff.ts";
export { asBytes, compareBytes, concatBytes, equalBytes, fromHex, isZero, noBytes, toHex, utf8 } from "./bytes.ts";
export { contentChunks, contentSize, contentStream } from "./content.ts";
export { crc32 } from "./crc32.ts";
export { COMPRESSION_HEAD_BYTES, type Compression, compressionOf, decompress } from "./decompress.ts";
export { type DirectOpen, type DirectReader, directRead, type ReadableInto, readInto } from "./direct-read.ts";
export { type GzipOptions, gzip } from "./gzip.ts";
export { type LimitCounter, limitCounter } from "./limits.ts";
export { lossyUtf8 } from "./lossy-utf8.ts";
export { contentName, nameError, nameErrors } from "./name-errors.ts";
export {
  type NativeCrypto,
  type NativeFile,
  type NativeFiles,
  type NativeStats,
  type NativeTransform,
  type NativeWorker,
  type NativeZlib,
  nativeBuffer,
  nativeCrypto,
  nativeFiles,
  nativeProcess,
  nativeThreads,
  nativeZlib,
} from "./native.ts";
export { type ProgressReporter, progressReporter } from "./progress.ts";
export { type ResumedDownload, resumedDownload } from "./resumed-download.ts";
export { isByteSource, sliceSource, toByteSource } from "./source.ts";
export { type ChunkReader, chunkReader, toStream } from "./stream.ts";
export { trimEnd } from "./trim-end.ts";
