import type { Bytes } from "./types.ts";

/** The runtime's deflate, which browsers run beside the page's thread; it has one level, 6. */
export async function* deflateStream(chunks: AsyncIterable<Bytes>): AsyncGenerator<Bytes, void, void> {
  const { readable, writable } = new CompressionStream("deflate-raw");
  const writer = writable.getWriter();
  let failure: { error: unknown } | undefined;
  async function feed(): Promise<void> {
    try {
      for await (const chunk of chunks) await writer.write(chunk);
      await writer.close();
    } catch (error) {
      failure = { error };
      await writer.abort(error).catch(() => {});
    }
  }
  const feeding = feed();
  const reader = readable.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value as Bytes;
  } catch (error) {
    await feeding;
    throw failure ? failure.error : error;
  } finally {
    // Fails the next write, and with it ends the input.
    await reader.cancel().catch(() => {});
    await writer.abort().catch(() => {});
    await feeding;
  }
}
