import type { Bytes } from "../../core/index.ts";

/**
 * Reads ahead of its consumer, up to a budget of bytes: while one layer is unpacked, the next one arrives.
 * `start` begins before the first pull.
 */
export function prefetch(
  open: () => AsyncIterable<Bytes>,
  budgetBytes: number,
): { start(): void; chunks: AsyncIterable<Bytes> } {
  const queue: Bytes[] = [];
  let queued = 0;
  let state: "idle" | "running" | "done" = "idle";
  let failure: { error: unknown } | undefined;
  let wakeReader: (() => void) | undefined;
  let wakeWriter: (() => void) | undefined;
  let stopped = false;

  async function run(): Promise<void> {
    try {
      for await (const bytes of open()) {
        queue.push(bytes);
        queued += bytes.length;
        wakeReader?.();
        while (queued >= budgetBytes && !stopped) await new Promise<void>((wake) => (wakeWriter = wake));
        if (stopped) break;
      }
    } catch (error) {
      failure = { error };
    }
    state = "done";
    wakeReader?.();
  }

  function start(): void {
    if (state !== "idle") return;
    state = "running";
    void run();
  }

  async function* chunks(): AsyncGenerator<Bytes, void, void> {
    start();
    try {
      for (;;) {
        const bytes = queue.shift();
        if (bytes) {
          queued -= bytes.length;
          wakeWriter?.();
          yield bytes;
        } else if (failure) throw failure.error;
        else if (state === "done") return;
        else await new Promise<void>((wake) => (wakeReader = wake));
      }
    } finally {
      stopped = true;
      queue.length = 0;
      wakeWriter?.();
    }
  }
  return { start, chunks: { [Symbol.asyncIterator]: () => chunks() } };
}
