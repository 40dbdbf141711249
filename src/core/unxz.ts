import { PvError } from "./errors.ts";
import { truncated } from "./gunzip.ts";
import { toStream } from "./stream.ts";
import type { Bytes } from "./types.ts";

async function load(): Promise<(stream: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>> {
  try {
    const loaded = await import("xz-decompress");
    // Node hands a CommonJS package over as `default`, bundlers as names.
    const found = loaded.XzReadableStream ?? (loaded as unknown as { default: typeof loaded }).default.XzReadableStream;
    return (stream) => new found(stream);
  } catch (cause) {
    throw new PvError(
      "CODEC_MISSING",
      "xz data needs the package xz-decompress",
      { codec: "xz", install: "npm install xz-decompress" },
      { hint: "npm install xz-decompress", cause },
    );
  }
}

/** Decompresses .xz through the optional package xz-decompress (xz-embedded as WebAssembly). */
export async function* portableUnxz(chunks: AsyncIterable<Bytes>): AsyncGenerator<Bytes, void, void> {
  const open = await load();
  let failure: { error: unknown } | undefined;
  let taken = 0;
  let ended = false;
  async function* input(): AsyncGenerator<Bytes, void, void> {
    try {
      for await (const bytes of chunks) {
        taken += bytes.length;
        yield bytes;
      }
    } catch (error) {
      failure = { error };
      throw error;
    }
    ended = true;
  }
  const reader = open(toStream(input())).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (value.length > 0) yield value as Bytes;
    }
  } catch (cause) {
    if (failure) throw failure.error;
    if (ended) throw truncated("xz", taken);
    throw new PvError("CONTENT_CORRUPT", "the xz data is corrupt", { format: "xz" }, { cause });
  } finally {
    await reader.cancel().catch(() => {});
  }
}
