import type { Bytes } from "../../core/index.ts";

/** Content on its way. */
export interface Prefetch {
  /** Begins before the first pull. */
  start(): void;
  /** Ends what has begun, whoever wanted it. */
  stop(): void;
  chunks: AsyncIterable<Bytes>;
}

/** Reads ahead of its consumer, up to a budget of bytes: while one layer is unpacked, the next one arrives. */
export function prefetch(open: (signal: AbortSignal) => AsyncIterable<Bytes>, budgetBytes: number): Prefetch {
  const ended = new AbortController();
  const queue: Bytes[] = [];
  let queued = 0;
  let state: "idle" | "running" | "done" = "idle";
  let failure: { error: unknown } | undefined;
  let wakeReader: (() => void) | undefined;
  let wakeWriter: (() => void) | undefined;
  let stopped = false;

  async function run(): Promise<void> {
    try {
      for await (const bytes of open(ended.signal)) {
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

  function stop(): void {
    stopped = true;
    queue.length = 0;
    ended.abort();
    wakeWriter?.();
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
      stop();
    }
  }
  return { start, stop, chunks: { [Symbol.asyncIterator]: () => chunks() } };
}
