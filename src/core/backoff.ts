/** Waits, and rejects with the signal's reason when it is aborted meanwhile. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** How often a request is tried, and the longest wait between two tries. */
export const MAX_TRIES = 5;
const MAX_WAIT_MS = 30_000;

/** True for answers that another try may change. */
export function isTransient(status: number): boolean {
  return (
    status === 408 ||
    status === 425 ||
    status === 429 ||
    status === 500 ||
    status === 502 ||
    status === 503 ||
    status === 504
  );
}

/** Milliseconds to wait before try `tried + 1`: `Retry-After` in seconds where the server says so, else doubling. */
export function waitBefore(tried: number, retryAfter: string | null, baseMs: number): number {
  const seconds = retryAfter !== null && /^\d{1,6}$/.test(retryAfter.trim()) ? Number(retryAfter) : undefined;
  return Math.min(MAX_WAIT_MS, seconds === undefined ? baseMs * 2 ** (tried - 1) : seconds * 1000);
}
