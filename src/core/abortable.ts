/** What an iterable gives, in order; an abort is noticed also while it hangs. */
export async function* abortable<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, void> {
  const iterator = items[Symbol.asyncIterator]();
  let rejectAborted: (reason: unknown) => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    rejectAborted = reject;
  });
  aborted.catch(() => {});
  const stop = (): void => rejectAborted(signal?.reason);
  signal?.addEventListener("abort", stop, { once: true });
  let ended = false;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const next = iterator.next();
      const { done, value } = await (signal ? Promise.race([next, aborted]) : next);
      if (done) {
        ended = true;
        return;
      }
      yield value;
    }
  } catch (error) {
    // An iterator that threw has ended by itself.
    ended = !signal?.aborted;
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    // Not awaited: an iterator that hangs in next() would hang here as well.
    if (!ended) void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
