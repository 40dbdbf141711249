import { PvError } from "./errors.ts";
import type { LateTools } from "./late-tools.ts";
import type { Bytes } from "./types.ts";
import { decodeStreams } from "./xz-streams.ts";

type Open = (stream: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>;

interface Package {
  new (stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array>;
  _contextMutex?: { acquire(): Promise<void>; release(): void };
}

async function load(): Promise<Open> {
  try {
    const loaded = await import("xz-decompress");
    // Node hands a CommonJS package over as `default`, bundlers as names.
    const module = (loaded as unknown as { default?: typeof loaded }).default ?? loaded;
    const found = module.XzReadableStream as unknown as Package;
    // The package lets one stream in at a time, and the next waits until that one has ended: two archives read in turn
    // would wait for each other for ever. Contexts do not share anything.
    if (found._contextMutex) found._contextMutex = { acquire: async () => {}, release: () => {} };
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
export async function* portableUnxz(
  chunks: AsyncIterable<Bytes>,
  { crc32, toStream }: LateTools,
): AsyncGenerator<Bytes, void, void> {
  const open = await load();
  yield* decodeStreams(chunks, crc32, async function* (stream) {
    let failure: { error: unknown } | undefined;
    async function* input(): AsyncGenerator<Bytes, void, void> {
      try {
        yield* stream;
      } catch (error) {
        failure = { error };
        throw error;
      }
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
      throw new PvError("CONTENT_CORRUPT", "the xz data is corrupt", { format: "xz" }, { cause });
    } finally {
      await reader.cancel().catch(() => {});
    }
  });
}
