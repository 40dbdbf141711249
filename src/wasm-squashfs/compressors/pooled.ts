import type { Encoder } from "./compressor.ts";
import { type EncoderSettings, openInPlace } from "./in-place.ts";
import { workerPool } from "./worker-pool.ts";

/** Plain code or WebAssembly, in workers where there are some. */
export async function pooled(settings: EncoderSettings): Promise<Encoder> {
  const compressNow = await openInPlace(settings);
  return { compressNow, ...workerPool(settings, compressNow) };
}
