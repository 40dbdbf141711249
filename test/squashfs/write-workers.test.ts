import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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

describe("workerPool in a bundle of CommonJS", () => {
  const compressors = join(import.meta.dirname, "../../src/wasm-squashfs/compressors");
  /** Packs 40 blocks; says how many of them on its main thread, and whether all are what that thread makes of them. */
  const program = `
    import { openInPlace } from "./in-place.ts";
    import { workerPool } from "./worker-pool.ts";
    async function main() {
      const settings = { compressor: "gzip", level: 6, blockSizeBytes: 131072 };
      const plain = await openInPlace(settings);
      let here = 0;
      const pool = workerPool(settings, (bytes) => (here++, plain(bytes)));
      const same = await Promise.all(Array.from({ length: 40 }, async (_, seed) => {
        const block = Uint8Array.from({ length: 60000 }, (_, at) => (at * (seed + 1)) >> 7);
        const into = new Uint8Array(block.length);
        const length = await pool.compress(block, into);
        return Buffer.compare(into.subarray(0, length), plain(block)) === 0;
      }));
      pool.close();
      console.log(JSON.stringify({ here, same: same.every(Boolean) }));
    }
    void main();`;
  const shared: BuildOptions = { bundle: true, format: "cjs", platform: "node", logLevel: "silent" };
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "block-worker-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function run(name: string, options: BuildOptions = {}): Promise<{ here: number; same: boolean }> {
    const outfile = join(folder, name);
    const stdin = { contents: program, resolveDir: compressors, loader: "ts" } as const;
    const { warnings } = await build({ ...shared, ...options, stdin, outfile });
    if (options.define) expect(warnings).toEqual([]);
    return JSON.parse(execFileSync(process.execPath, [outfile], { encoding: "utf8" }));
  }
  const saysWhere: BuildOptions = {
    define: { "import.meta.url": "bundleUrl" },
    banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  };

  it("packs all of them on its own thread when it does not know where it lies", async () => {
    expect(await run("lost.cjs")).toEqual({ here: 40, same: true });
  });

  it("packs all of them on its own thread when the worker is not beside it", async () => {
    expect(await run("alone.cjs", saysWhere)).toEqual({ here: 40, same: true });
  });

  it.skipIf(availableParallelism() < 2)("packs most of them in workers that lie beside it", async () => {
    await build({ ...shared, entryPoints: [join(compressors, "block-worker.ts")], outdir: folder });
    const { here, same } = await run("beside.cjs", saysWhere);
    expect(same).toBe(true);
    expect(here).toBeLessThan(20);
  });
});
