import type { NativeTransform } from "./native.ts";
import type { Bytes } from "./types.ts";

/** What went into a transform so far, for the ratio of a bomb. */
export interface InputCount {
  bytes: number;
}

/**
 * Drives a Node transform stream with back-pressure on both ends: input is read only while the transform takes it, and
 * the transform works only while its output is read. Ending the generator destroys the transform and ends the input.
 * Input that comes after the transform's own end goes to `onRest`.
 */
export async function* throughTransform(
  chunks: AsyncIterable<Bytes>,
  transform: NativeTransform,
  input: InputCount,
  onRest: (bytes: Bytes) => void,
): AsyncGenerator<Bytes, void, void> {
  const iterator = chunks[Symbol.asyncIterator]();
  let wake: () => void = () => {};
  let closed = false;
  transform.on("drain", () => wake());
  transform.on("close", () => {
    closed = true;
    wake();
  });
  transform.on("error", () => {}); // the reader below hears of it as well
  let failure: { error: unknown } | undefined;
  let fed = false;
  async function feed(): Promise<void> {
    while (!fed) {
      const { done, value } = await iterator.next();
      if (done) {
        fed = true;
        if (!closed) transform.end();
        return;
      }
      input.bytes += value.length;
      if (closed) {
        onRest(value);
        continue;
      }
      if (transform.write(value)) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (closed) resolve();
      });
    }
  }
  const fail = (error: unknown): void => {
    failure = { error };
    transform.destroy(new Error("the input failed"));
  };
  const feeding = feed().catch(fail);
  let ended = false;
  try {
    for await (const bytes of transform) yield new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    // The transform may have ended before its input did; then it neither drains nor closes by itself.
    closed = ended = true;
    wake();
    await feeding;
    if (!fed) await feed().catch(fail);
    if (failure) throw failure.error;
  } catch (error) {
    throw failure ? failure.error : error;
  } finally {
    closed = true;
    transform.destroy();
    // Not awaited when it did not end: an input that hangs in next() would hang here as well.
    const closing = Promise.resolve(iterator.return?.()).catch(() => {});
    if (ended) await closing;
  }
}
