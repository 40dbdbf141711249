import { type Bytes, contentChunks, PvError } from "../../core/index.ts";
import { createHasher } from "../../objects/index.ts";
import { MAX_TRIES, sleep, waitBefore } from "./backoff.ts";
import type { Descriptor } from "./manifest.ts";
import type { RegistryClient } from "./registry-client.ts";

/** A body that gives nothing for this long counts as cut. */
const IDLE_MS = 60_000;

/** How a blob is read. */
export interface BlobOptions {
  signal?: AbortSignal | undefined;
  retryBaseMs?: number | undefined;
  /** Called with the bytes of each chunk. */
  onBytes?: ((count: number) => void) | undefined;
}

/** Chunks through a check of size and digest; throws before the end is reached where they are wrong. */
export async function* verified(
  chunks: AsyncIterable<Bytes>,
  { digest, size }: Descriptor,
): AsyncGenerator<Bytes, void, void> {
  const hasher = createHasher();
  let received = 0;
  for await (const bytes of chunks) {
    received += bytes.length;
    if (received > size)
      throw new PvError("CONTENT_TRUNCATED", `the blob ${digest} is longer than its ${size} bytes`, {
        expected: size,
        actual: received,
      });
    hasher.update(bytes);
    yield bytes;
  }
  if (received < size)
    throw new PvError("CONTENT_TRUNCATED", `the blob ${digest} ends after ${received} of ${size} bytes`, {
      expected: size,
      actual: received,
    });
  const actual = `sha256:${hasher.id()}`;
  if (actual !== digest) {
    throw new PvError("OCI_DIGEST_MISMATCH", `a blob is not what its digest says: ${actual} instead of ${digest}`, {
      expected: digest,
      actual,
    });
  }
}

/** A blob of a registry, from where it was cut on to its end; size and digest are checked as it streams. */
export function registryBlob(
  client: RegistryClient,
  descriptor: Descriptor,
  options: BlobOptions = {},
): AsyncGenerator<Bytes, void, void> {
  return verified(resumed(client, descriptor, options), descriptor);
}

async function* resumed(
  client: RegistryClient,
  { digest, size }: Descriptor,
  options: BlobOptions,
): AsyncGenerator<Bytes, void, void> {
  const { signal, onBytes, retryBaseMs = 500 } = options;
  let received = 0;
  for (let tried = 1; ; tried++) {
    const before = received;
    const idle = new AbortController();
    const either = signal ? AbortSignal.any([signal, idle.signal]) : idle.signal;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wind = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => idle.abort(new Error("no data came")), IDLE_MS);
    };
    let failure: unknown;
    try {
      const response = await client.get(`blobs/${digest}`, received > 0 ? { range: `bytes=${received}-` } : {});
      // A server that does not know ranges starts over: what is here already is passed by.
      let skip = response.status === 206 ? 0 : received;
      if (response.status === 206 && !response.headers.get("content-range")?.startsWith(`bytes ${received}-`)) {
        await response.body?.cancel().catch(() => {});
        throw new PvError("CONTENT_HTTP", `the registry answered another range than asked for`, {
          url: "",
          status: 206,
        });
      }
      wind();
      for await (const chunk of contentChunks(response, { signal: either })) {
        wind();
        const bytes = chunk.subarray(Math.min(skip, chunk.length));
        skip -= chunk.length - bytes.length;
        if (bytes.length === 0) continue;
        received += bytes.length;
        onBytes?.(bytes.length);
        clearTimeout(timer); // a slow consumer is no idle server
        yield bytes;
        wind();
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof PvError) throw error;
      failure = error;
    } finally {
      clearTimeout(timer);
    }
    if (received >= size) return;
    // Progress is a reason to go on; none is counted.
    if (received > before) tried = 1;
    if (tried >= MAX_TRIES) {
      throw new PvError(
        "CONTENT_TRUNCATED",
        `the blob ${digest} was cut at ${received} of ${size} bytes`,
        { expected: size, actual: received },
        { cause: failure },
      );
    }
    await sleep(waitBefore(tried, null, retryBaseMs), signal);
  }
}
