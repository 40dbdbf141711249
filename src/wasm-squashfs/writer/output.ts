import type { ByteSink, Bytes } from "../../core/index.ts";

/** Writes are gathered to this size. */
const BATCH_BYTES = 1 << 18;

/**
 * Appends to a sink in large writes, one of them under way while the next is filled. What was appended last can be
 * taken back: a file that turns out to be the copy of another needs no room.
 */
export class Output {
  readonly #sink: ByteSink;
  #batch: Bytes = new Uint8Array(BATCH_BYTES);
  #spare: Bytes = new Uint8Array(BATCH_BYTES);
  #batchStart: number;
  #filled = 0;
  #writing: Promise<void> | undefined;
  #end = 0;

  constructor(sink: ByteSink, start: number) {
    this.#sink = sink;
    this.#batchStart = start;
  }

  /** Where the next byte goes. */
  get position(): number {
    return this.#batchStart + this.#filled;
  }

  /** The end of what was ever written, which after `rewind` may lie behind `position`. */
  get end(): number {
    return this.#end;
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + BATCH_BYTES - this.#filled);
      this.#batch.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === BATCH_BYTES) await this.#send();
    }
  }

  /** Goes back to an earlier position; what comes next takes the place of what was there. */
  rewind(position: number): void {
    if (position >= this.#batchStart) {
      this.#filled = position - this.#batchStart;
      return;
    }
    this.#filled = 0;
    this.#batchStart = position;
  }

  /** Waits until all is with the sink. */
  async flush(): Promise<void> {
    if (this.#filled > 0) await this.#send();
    await this.#writing;
    this.#writing = undefined;
  }

  async #send(): Promise<void> {
    await this.#writing;
    const batch = this.#batch;
    const bytes = batch.subarray(0, this.#filled);
    this.#writing = this.#sink.write(this.#batchStart, bytes);
    // Its failure is seen by the next send or flush; until then it must not count as unhandled.
    this.#writing.catch(() => {});
    this.#batchStart += this.#filled;
    this.#end = Math.max(this.#end, this.#batchStart);
    this.#filled = 0;
    this.#batch = this.#spare;
    this.#spare = batch;
  }
}
