import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import { type EncoderSettings, openInPlace } from "../../src/wasm-squashfs/compressors/in-place.ts";
import { workerPool } from "../../src/wasm-squashfs/compressors/worker-pool.ts";
import { noise, prose } from "./write-helpers.ts";

const settings: EncoderSettings = { compressor: "gzip", level: 6, blockSizeBytes: 131_072 };
const blocks = Array.from({ length: 40 }, (_, at) => (at % 5 === 4 ? noise(30_000, at) : prose(60_000 + at, at)));

async function packAll(told: EncoderSettings): Promise<{ here: number }> {
  const plain = await openInPlace(settings);
  let here = 0;
  const pool = workerPool(told, (bytes) => {
    here++;
    return plain(bytes);
  });
  try {
    await Promise.all(
      blocks.map(async (block) => {
        const into = new Uint8Array(block.length);
        const length = await pool.compress(block, into);
        const expected = plain(block);
        expect(length).toBe(expected.length);
        if (length < block.length) expect(into.subarray(0, length)).toEqual(expected);
      }),
    );
  } finally {
    pool.close();
  }
  return { here };
}

describe("workerPool", () => {
  it.skipIf(availableParallelism() < 2)("packs most blocks in workers, with the same bytes", async () => {
    expect((await packAll(settings)).here).toBeLessThan(20);
  });

  it("packs all of them here when workers cannot", async () => {
    expect((await packAll({ ...settings, compressor: "no such" as "gzip" })).here).toBe(40);
  });

  it("lets timers have their turn", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await packAll({ ...settings, compressor: "no such" as "gzip" });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });
});
