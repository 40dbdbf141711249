import { type Bytes, PvError } from "../../core/index.ts";
import type { FileEntry } from "../../tree/index.ts";

/** Fills buffers with the content of a file, checking that there is as much as its entry says. */
export class ContentReader {
  readonly #entry: FileEntry;
  readonly #signal: AbortSignal | undefined;
  readonly #reader: ReadableStreamDefaultReader<Bytes>;
  readonly #stop: () => void;
  #rest: Bytes = new Uint8Array(0);
  #taken = 0;

  constructor(entry: FileEntry, signal: AbortSignal | undefined) {
    this.#entry = entry;
    this.#signal = signal;
    this.#reader = entry.open().getReader();
    // Without this a read that hangs would outlive the abort.
    this.#stop = () => void this.#reader.cancel(signal?.reason).catch(() => {});
    signal?.addEventListener("abort", this.#stop, { once: true });
  }

  /** Fills `into`; anything short of that is an error. */
  async fill(into: Uint8Array): Promise<void> {
    let at = 0;
    while (at < into.length) {
      if (this.#rest.length === 0 && !(await this.#next())) this.#wrongSize(this.#taken);
      const part = this.#rest.subarray(0, into.length - at);
      into.set(part, at);
      at += part.length;
      this.#taken += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
  }

  /** Checks that nothing is left. */
  async end(): Promise<void> {
    if (this.#rest.length > 0 || (await this.#next())) this.#wrongSize(this.#taken + this.#rest.length);
  }

  /** Lets go of the stream, wherever it stands. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#stop);
    await this.#reader.cancel().catch(() => {});
  }

  async #next(): Promise<boolean> {
    do {
      const { done, value } = await this.#reader.read();
      this.#signal?.throwIfAborted();
      if (done) return false;
      this.#rest = value;
    } while (this.#rest.length === 0);
    return true;
  }

  #wrongSize(actual: number): never {
    const { path, sizeBytes: expected } = this.#entry;
    throw new PvError(
      "CONTENT_TRUNCATED",
      `${path} gives ${actual < expected ? "only " : "at least "}${actual} bytes, its entry says ${expected}`,
      { expected, actual },
      { hint: "the file changed while it was read, or its entry is wrong" },
    );
  }
}
