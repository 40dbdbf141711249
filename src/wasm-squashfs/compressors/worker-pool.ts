import type { Bytes } from "../../core/index.ts";
import { type NativeWorker, nativeThreads } from "../../core/internal.ts";
import type { FromWorker, ToWorker } from "./block-worker.ts";
import type { CompressHere, EncoderSettings } from "./in-place.ts";
import { put } from "./lane-pool.ts";

/** Blocks done on this thread before workers are started: a small image is ready sooner than they are. */
const FIRST_BLOCKS = 8;
const MOST_WORKERS = 4;
/** Blocks on this thread after which timers, and so an abort, get their turn. */
const TURN_BLOCKS = 4;

/** A worker of either kind. */
interface Thread {
  post(message: ToWorker, transfer: ArrayBuffer[]): void;
  end(): void;
}

interface Answers {
  packed(bytes: Bytes): void;
  /** It cannot do it, or is no more. */
  failed(): void;
}

function openNative(Worker: new (url: URL) => NativeWorker, answers: Answers): Thread | undefined {
  const here: string | undefined = import.meta.url;
  // A bundle of CommonJS does not know where it lies, unless its maker says so.
  if (!here) return undefined;
  // The same file as TypeScript, where this package runs from its sources.
  const name = here.endsWith(".ts") ? "./block-worker.ts" : "./block-worker.js";
  const worker = new Worker(new URL(name, here));
  worker.unref();
  worker.on("message", (message: FromWorker) =>
    "packed" in message ? answers.packed(message.packed) : answers.failed(),
  );
  worker.on("error", answers.failed);
  worker.on("exit", answers.failed);
  return { post: (message, transfer) => worker.postMessage(message, transfer), end: () => void worker.terminate() };
}

function openWeb(answers: Answers): Thread {
  // Bundlers look for this very form.
  const worker = new Worker(new URL("./block-worker.js", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) =>
    "packed" in data ? answers.packed(data.packed) : answers.failed();
  worker.onerror = (event) => {
    event.preventDefault();
    answers.failed();
  };
  worker.onmessageerror = answers.failed;
  return { post: (message, transfer) => worker.postMessage(message, transfer), end: () => worker.terminate() };
}

function openThread(answers: Answers): Thread | undefined {
  try {
    const native = nativeThreads();
    if (native) return openNative(native.Worker, answers);
    return typeof Worker === "function" ? openWeb(answers) : undefined;
  } catch {
    return undefined; // no workers here: a bundle without the file, a page whose policy forbids them
  }
}

/** One worker and the block it is at. */
class BlockWorker {
  alive = true;
  #waiting: ((packed: Bytes | undefined) => void) | undefined;
  readonly #thread: Thread | undefined;

  constructor(settings: EncoderSettings) {
    this.#thread = openThread({
      packed: (bytes) => this.#settle(bytes),
      failed: () => {
        this.alive = false;
        this.#settle(undefined);
      },
    });
    if (this.#thread) this.#thread.post({ settings }, []);
    else this.alive = false;
  }

  /** The block, packed; undefined where that must be done elsewhere. */
  pack(bytes: Bytes): Promise<Bytes | undefined> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
      const block = bytes.slice();
      this.#thread!.post({ block }, [block.buffer]);
    });
  }

  end(): void {
    this.alive = false;
    this.#thread?.end();
  }

  #settle(packed: Bytes | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.(packed);
  }
}

/** Compresses blocks in workers where there are some, else on this thread; the bytes are the same. */
export interface WorkerPool {
  compress(bytes: Bytes, into: Bytes): Promise<number>;
  close(): void;
}

export function workerPool(settings: EncoderSettings, here: CompressHere): WorkerPool {
  const { hardwareConcurrency: cores = 2 } =
    (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator ?? {};
  let workers: BlockWorker[] | undefined;
  const idle: BlockWorker[] = [];
  const waiting: ((worker: BlockWorker | undefined) => void)[] = [];
  let blocks = 0;

  async function packHere(bytes: Bytes): Promise<Uint8Array> {
    if (++blocks % TURN_BLOCKS === 0) await new Promise((resolve) => setTimeout(resolve));
    return here(bytes);
  }
  function take(): Promise<BlockWorker | undefined> | BlockWorker | undefined {
    if (!workers) {
      workers = Array.from({ length: Math.min(cores, MOST_WORKERS) }, () => new BlockWorker(settings));
      idle.push(...workers);
    }
    for (let worker = idle.pop(); worker; worker = idle.pop()) if (worker.alive) return worker;
    if (!workers.some(({ alive }) => alive)) return undefined;
    return new Promise((resolve) => waiting.push(resolve));
  }
  function giveBack(worker: BlockWorker): void {
    if (worker.alive) {
      const next = waiting.shift();
      if (next) next(worker);
      else idle.push(worker);
    } else if (!workers!.some(({ alive }) => alive)) {
      for (const next of waiting.splice(0)) next(undefined);
    }
  }
  async function pack(bytes: Bytes): Promise<Uint8Array> {
    if (cores < 2 || blocks < FIRST_BLOCKS) return packHere(bytes);
    const worker = await take();
    if (!worker) return packHere(bytes);
    const packed = await worker.pack(bytes);
    giveBack(worker);
    return packed ?? packHere(bytes);
  }
  return {
    compress: async (bytes, into) => put(await pack(bytes), bytes, into),
    close() {
      for (const worker of workers ?? []) worker.end();
    },
  };
}
