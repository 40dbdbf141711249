import { PvError } from "./errors.ts";
import { lateTools } from "./late-tools.ts";
import { limitCounter } from "./limits.ts";
import { nativeZlib } from "./native.ts";
import type { InputCount } from "./native-transform.ts";
import type { Bytes, Limits } from "./types.ts";

/** Names a compression by the first bytes of its content. */
export type Compression = "gzip" | "zstd" | "xz" | "bzip2" | "none";

/** How many bytes {@link compressionOf} wants to see. */
export const COMPRESSION_HEAD_BYTES = 10;

/** The compression of content that begins with `head` (RFC 1952, RFC 8878, the .xz and bzip2 formats). */
export function compressionOf(head: Uint8Array): Compression {
  const begins = (...bytes: readonly number[]): boolean => bytes.every((byte, at) => head[at] === byte);
  if (begins(0x1f, 0x8b, 0x08)) return "gzip";
  if (begins(0x28, 0xb5, 0x2f, 0xfd)) return "zstd";
  // A skippable frame may come first: zstd:chunked and pzstd write them.
  if ((head[0]! & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18) return "zstd";
  if (begins(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00)) return "xz";
  const bzip2 = begins(0x42, 0x5a, 0x68) && head[3]! >= 0x31 && head[3]! <= 0x39;
  if (bzip2 && ((head[4] === 0x31 && head[5] === 0x41) || (head[4] === 0x17 && head[5] === 0x72))) return "bzip2";
  return "none";
}

/** Decoders are loaded when they are needed: a page that reads no archive does not carry them. */
async function decoder(
  kind: Compression,
  chunks: AsyncIterable<Bytes>,
  input: InputCount,
): Promise<AsyncIterable<Bytes>> {
  const zlib = nativeZlib();
  switch (kind) {
    case "gzip":
      if (zlib) return (await import("./native-decompress.ts")).nativeGunzip(chunks, zlib, input);
      return (await import("./gunzip.ts")).portableGunzip(counted(chunks, input), lateTools);
    case "zstd":
      if (zlib?.createZstdDecompress) return (await import("./native-decompress.ts")).nativeUnzstd(chunks, zlib, input);
      return (await import("./unzstd.ts")).portableUnzstd(counted(chunks, input));
    case "xz":
      return (await import("./unxz.ts")).portableUnxz(counted(chunks, input), lateTools);
    case "bzip2":
      return refused(
        chunks,
        new PvError(
          "CODEC_MISSING",
          "bzip2 data cannot be read here",
          { codec: "bzip2", install: "" },
          { hint: "unpack it with bunzip2 first, or use gzip, xz or zstd" },
        ),
      );
    default:
      return counted(chunks, input);
  }
}

// biome-ignore lint/correctness/useYield: it ends before it gives anything
async function* refused(chunks: AsyncIterable<Bytes>, error: PvError): AsyncGenerator<Bytes, void, void> {
  await chunks[Symbol.asyncIterator]().return?.();
  throw error;
}

async function* counted(chunks: AsyncIterable<Bytes>, input: InputCount): AsyncGenerator<Bytes, void, void> {
  for await (const bytes of chunks) {
    input.bytes += bytes.length;
    yield bytes;
  }
}

/** The first bytes of `chunks`, and an iterable that gives them again and goes on. */
async function peek(chunks: AsyncIterable<Bytes>): Promise<{ head: Uint8Array; all: AsyncIterable<Bytes> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first: Bytes[] = [];
  const head: number[] = [];
  while (head.length < COMPRESSION_HEAD_BYTES) {
    const { done, value } = await iterator.next();
    if (done) break;
    first.push(value);
    head.push(...value.subarray(0, COMPRESSION_HEAD_BYTES));
  }
  const all = {
    [Symbol.asyncIterator]: (): AsyncIterator<Bytes> => ({
      next: async () => (first.length > 0 ? { done: false, value: first.shift()! } : iterator.next()),
      return: async () => {
        await iterator.return?.();
        return { done: true, value: undefined };
      },
    }),
  };
  return { head: Uint8Array.from(head), all };
}

/**
 * Decompresses content whatever it is compressed with (gzip, zstd, xz), found by its first bytes; plain content passes
 * through. Native where the runtime can, else in plain code; zstd and xz then need the optional packages `fzstd` and
 * `xz-decompress`. Nothing is read ahead of what is asked for but a chunk or two.
 *
 * @throws `PvError` `CONTENT_CORRUPT` when the data does not decompress or its sum is wrong.
 * @throws `PvError` `CONTENT_TRUNCATED` when the data ends too early.
 * @throws `PvError` `LIMIT_EXCEEDED` when more comes out than `maxBytes` or `maxRatio` allow.
 * @throws `PvError` `CODEC_MISSING` when this runtime lacks the codec; the error names the package.
 */
export async function* decompress(
  chunks: AsyncIterable<Bytes>,
  limits: Limits = {},
): AsyncGenerator<Bytes, void, void> {
  const counter = limitCounter(limits);
  const input: InputCount = { bytes: 0 };
  const { head, all } = await peek(chunks);
  const kind = compressionOf(head);
  for await (const bytes of await decoder(kind, all, input)) {
    if (kind === "none") counter.addBytes(bytes.length);
    else counter.addBytes(bytes.length, input.bytes);
    yield bytes;
  }
}
