import { abortable } from "./abortable.ts";
import { asBytes, concatBytes } from "./bytes.ts";
import { PvError } from "./errors.ts";
import { type LimitCounter, limitCounter } from "./limits.ts";
import { isByteSource, toByteSource } from "./source.ts";
import { toStream } from "./stream.ts";
import type { ByteStream, Bytes, Content, Job, Limits } from "./types.ts";

/** Bytes read from a {@link ByteSource} at a time. */
const CHUNK_BYTES = 256 * 1024;

async function* fromByteSource(content: Content, signal?: AbortSignal): AsyncGenerator<Bytes, void, void> {
  const source = toByteSource(content as never);
  if (source.stream) {
    yield* fromIterable(source.stream({ signal }), signal);
    return;
  }
  try {
    const size = await source.size();
    for (let at = 0; at < size; ) {
      signal?.throwIfAborted();
      const bytes = await source.read(at, Math.min(CHUNK_BYTES, size - at));
      if (bytes.length === 0) {
        throw new PvError("CONTENT_TRUNCATED", `the content ends at byte ${at} of ${size}`, {
          expected: size,
          actual: at,
        });
      }
      yield bytes;
      at += bytes.length;
    }
  } finally {
    await source.close?.();
  }
}

async function* fromWebStream(
  stream: ReadableStream<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<Bytes, void, void> {
  const reader = stream.getReader();
  let ended = false;
  // Without this a pending read of a stalled server would outlive the abort.
  const stop = (): void => void reader.cancel(signal?.reason).catch(() => {});
  signal?.addEventListener("abort", stop, { once: true });
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (done) {
        ended = true;
        return;
      }
      if (!(value instanceof Uint8Array)) throw new TypeError("a stream of content must give Uint8Arrays");
      if (value.length > 0) yield asBytes(value);
    }
  } catch (error) {
    ended = true; // a failed stream cannot be cancelled
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    if (!ended) await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}

async function* fromIterable(
  content: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<Bytes, void, void> {
  for await (const value of abortable(content, signal)) {
    if (!(value instanceof Uint8Array)) throw new TypeError("content must give Uint8Arrays, not text");
    if (value.length > 0) yield asBytes(value);
  }
}

async function* fromResponse(response: Response, signal?: AbortSignal): AsyncGenerator<Bytes, void, void> {
  if (!response.ok) {
    await response.body?.cancel().catch(() => {});
    throw new PvError("CONTENT_HTTP", `${response.url || "the request"} answered ${response.status}`, {
      url: response.url,
      status: response.status,
    });
  }
  if (response.body) yield* fromWebStream(response.body as ReadableStream<Uint8Array>, signal);
}

/**
 * Any {@link Content} as chunks of bytes, in order; empty chunks are left out. A `Response` that is no success throws.
 *
 * @throws `PvError` `CONTENT_HTTP` when a `Response` is no success, `CONTENT_TRUNCATED` when a source is shorter
 * than its size.
 */
export function contentChunks(
  content: Content,
  options: { signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Bytes, void, void> {
  const { signal } = options;
  if (content instanceof Uint8Array || isByteSource(content)) return fromByteSource(content, signal);
  if (typeof Blob !== "undefined" && content instanceof Blob) return fromByteSource(content, signal);
  if (typeof Response !== "undefined" && content instanceof Response) return fromResponse(content, signal);
  if (typeof ReadableStream !== "undefined" && content instanceof ReadableStream) return fromWebStream(content, signal);
  if (typeof content === "object" && content !== null && Symbol.asyncIterator in content)
    return fromIterable(content, signal);
  throw new TypeError(
    typeof content === "string"
      ? "content cannot be a string: a path needs fileSource(path), text needs new TextEncoder().encode(text)"
      : "content must be bytes, a Blob, a Response, a ByteSource, a stream or an async iterable of bytes",
  );
}

/** Size of content where it is known beforehand. */
export async function contentSize(content: Content): Promise<number | undefined> {
  if (content instanceof Uint8Array) return content.length;
  if (typeof Blob !== "undefined" && content instanceof Blob) return content.size;
  if (isByteSource(content)) return content.size();
  return undefined;
}

/** Any content as a Web stream. */
export function contentStream(content: Content, options: { signal?: AbortSignal | undefined } = {}): ByteStream {
  return toStream(contentChunks(content, options));
}

/**
 * All bytes, in memory; 512 MiB at most unless `maxBytes` says otherwise.
 *
 * @throws `PvError` `LIMIT_EXCEEDED` when there are more bytes than `maxBytes`.
 * @throws `PvError` `CONTENT_HTTP` when a `Response` is no success.
 * @example
 * ```ts
 * import { readBytes } from "@pv/sdk";
 * const bytes = await readBytes(new Blob(["hello"]));
 * if (new TextDecoder().decode(bytes) !== "hello") throw new Error("not read");
 * ```
 */
export async function readBytes(content: Content, options: Limits & Job = {}): Promise<Bytes> {
  const counter: LimitCounter = limitCounter({ maxBytes: 512 * 2 ** 20, ...options });
  const parts: Bytes[] = [];
  for await (const bytes of contentChunks(content, options)) {
    counter.addBytes(bytes.length);
    parts.push(bytes);
  }
  return concatBytes(parts);
}
