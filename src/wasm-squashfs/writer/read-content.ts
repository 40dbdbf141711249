import { type Bytes, PvError } from "../../core/index.ts";
import { type DirectOpen, type DirectReader, directRead } from "../../core/internal.ts";
import type { FileEntry } from "../../tree/index.ts";

/** Fills buffers with the content of a file, in order. */
export interface ContentReader {
  /** Fills `into`; fewer bytes than its entry says are an error. */
  fill(into: Uint8Array): Promise<void> | void;
  /** Checks that nothing is left. */
  end(): Promise<void> | void;
  /** Lets go of the content, wherever it stands. */
  close(): Promise<void> | void;
}

/** Opens the content of a file: on the spot where it is on this machine, else as a stream. */
export function openContent(entry: FileEntry, signal: AbortSignal | undefined): ContentReader {
  const direct = (entry.open as DirectOpen)[directRead];
  return direct ? new DirectContent(entry, direct(), signal) : new StreamContent(entry, signal);
}

function wrongSize({ path, sizeBytes: expected }: FileEntry, actual: number): PvError<"CONTENT_TRUNCATED"> {
  return new PvError(
    "CONTENT_TRUNCATED",
    `${path} gives ${actual < expected ? "only " : "at least "}${actual} bytes, its entry says ${expected}`,
    { expected, actual },
    { hint: "the file changed while it was read, or its entry is wrong" },
  );
}

class DirectContent implements ContentReader {
  readonly #entry: FileEntry;
  readonly #reader: DirectReader;
  readonly #signal: AbortSignal | undefined;
  #taken = 0;

  constructor(entry: FileEntry, reader: DirectReader, signal: AbortSignal | undefined) {
    this.#entry = entry;
    this.#reader = reader;
    this.#signal = signal;
  }

  fill(into: Uint8Array): Promise<void> | void {
    const taken = (count: number): void => {
      this.#taken += count;
      if (count < into.length) throw wrongSize(this.#entry, this.#taken);
    };
    const count = this.#reader.read(into);
    return typeof count === "number" ? taken(count) : this.#unlessAborted(count).then(taken);
  }

  end(): Promise<void> | void {
    const nothing = (count: number): void => {
      if (count > 0) throw wrongSize(this.#entry, this.#taken + count);
    };
    const count = this.#reader.read(new Uint8Array(1));
    return typeof count === "number" ? nothing(count) : this.#unlessAborted(count).then(nothing);
  }

  close(): Promise<void> | void {
    const closed = this.#reader.close();
    if (!this.#signal?.aborted) return closed;
    // A read that hangs would keep it waiting.
    void Promise.resolve(closed).catch(() => {});
  }

  /** A read that hangs must not outlive the abort. */
  async #unlessAborted(count: Promise<number>): Promise<number> {
    const signal = this.#signal;
    if (!signal) return count;
    let stop: () => void = () => {};
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason);
      if (signal.aborted) stop();
      else signal.addEventListener("abort", stop, { once: true });
    });
    try {
      return await Promise.race([count, aborted]);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }
}

class StreamContent implements ContentReader {
  readonly #entry: FileEntry;
  readonly #signal: AbortSignal | undefined;
  readonly #reader: ReadableStreamDefaultReader<Bytes>;
  readonly #stop: () => void;
  #rest: Bytes = new Uint8Array(0);
  #taken = 0;
  #ended = false;

  constructor(entry: FileEntry, signal: AbortSignal | undefined) {
    this.#entry = entry;
    this.#signal = signal;
    this.#reader = entry.open().getReader();
    // Without this a read that hangs would outlive the abort.
    this.#stop = () => void this.#reader.cancel(signal?.reason).catch(() => {});
    signal?.addEventListener("abort", this.#stop, { once: true });
  }

  async fill(into: Uint8Array): Promise<void> {
    let at = 0;
    while (at < into.length) {
      if (this.#rest.length === 0 && !(await this.#next())) throw wrongSize(this.#entry, this.#taken);
      const part = this.#rest.subarray(0, into.length - at);
      into.set(part, at);
      at += part.length;
      this.#taken += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
  }

  async end(): Promise<void> {
    if (this.#rest.length > 0 || (await this.#next())) throw wrongSize(this.#entry, this.#taken + this.#rest.length);
  }

  async close(): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#stop);
    if (!this.#ended) await this.#reader.cancel().catch(() => {});
  }

  async #next(): Promise<boolean> {
    do {
      const { done, value } = await this.#reader.read();
      this.#signal?.throwIfAborted();
      if (done) {
        this.#ended = true;
        return false;
      }
      this.#rest = value;
    } while (this.#rest.length === 0);
    return true;
  }
}
