import { isTransient, MAX_TRIES, sleep, waitBefore } from "./backoff.ts";
import { contentChunks } from "./content.ts";
import { PvError } from "./errors.ts";
import type { Bytes } from "./types.ts";

/** A server that gives nothing for this long counts as gone. */
const IDLE_MS = 60_000;

/** What is downloaded, and how. */
export interface ResumedDownload {
  /** Asks for the content; `headers` hold a `range` when it goes on in the middle, the signal ends a stall. */
  get: (headers: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<Response>;
  /** For messages. */
  name: string;
  /** Length in bytes, where known: a shorter body is a cut one. */
  sizeBytes?: number | undefined;
  signal?: AbortSignal | undefined;
  /** First wait between two tries, doubled each time; default: 500. */
  retryBaseMs?: number | undefined;
  /** Longest silence; default: 60,000. */
  idleMs?: number | undefined;
  /** Called with the length of each chunk. */
  onBytes?: ((count: number) => void) | undefined;
}

/**
 * Content over HTTP that survives cut connections: goes on where it stopped, where the server knows ranges, and passes
 * by what is here already where it does not. Every byte comes once. Whoever reads it checks the hash.
 *
 * @throws `PvError` `CONTENT_TRUNCATED` when nothing more comes, and what `get` throws.
 */
export async function* resumedDownload(download: ResumedDownload): AsyncGenerator<Bytes, void, void> {
  const { get, name, sizeBytes, signal, onBytes, retryBaseMs = 500, idleMs = IDLE_MS } = download;
  let received = 0;
  for (let tried = 1; ; tried++) {
    const before = received;
    const idle = new AbortController();
    const either = signal ? AbortSignal.any([signal, idle.signal]) : idle.signal;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wind = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => idle.abort(new Error("no data came")), idleMs);
    };
    let failure: unknown;
    try {
      wind();
      const response = await get(received > 0 ? { range: `bytes=${received}-` } : {}, either);
      if (!response.ok && isTransient(response.status)) throw new Error(`answered ${response.status}`);
      let skip = response.status === 206 ? 0 : received;
      if (response.status === 206 && !response.headers.get("content-range")?.startsWith(`bytes ${received}-`)) {
        await response.body?.cancel().catch(() => {});
        throw new PvError("CONTENT_HTTP", `${name}: another range came than was asked for`, { url: "", status: 206 });
      }
      const stated = Number(response.headers.get("content-length") ?? Number.NaN);
      const encoded = response.headers.has("content-encoding");
      const end = sizeBytes ?? (Number.isSafeInteger(stated) && !encoded ? received - skip + stated : undefined);
      wind();
      for await (const chunk of contentChunks(response, { signal: either })) {
        const bytes = chunk.subarray(Math.min(skip, chunk.length));
        skip -= chunk.length - bytes.length;
        if (bytes.length > 0) {
          received += bytes.length;
          onBytes?.(bytes.length);
          clearTimeout(timer); // a slow reader is no idle server
          yield bytes;
        }
        wind();
      }
      if (end === undefined || received >= end) return;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof PvError) throw error;
      failure = error;
    } finally {
      clearTimeout(timer);
    }
    if (sizeBytes !== undefined && received >= sizeBytes) return;
    // Whatever came is a reason to go on; nothing is counted.
    if (received > before) tried = 1;
    if (tried >= MAX_TRIES) {
      const expected = sizeBytes ?? received + 1;
      throw new PvError(
        "CONTENT_TRUNCATED",
        `${name} was cut at ${received}${sizeBytes === undefined ? "" : ` of ${sizeBytes}`} bytes`,
        { expected, actual: received },
        { cause: failure, hint: "the server closed the connection again and again" },
      );
    }
    await sleep(waitBefore(tried, null, retryBaseMs), signal);
  }
}
