import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { isPvError, type Limits, memorySink, readBytes } from "../../src/core/index.ts";
import { files } from "../../src/tree/index.ts";
import { openSquashfs, writeSquashfs } from "../../src/wasm-squashfs/index.ts";
import { CHECKS } from "../../src/wasm-squashfs/reader/checks.ts";
import { directed } from "../fuzz/directed.ts";
import { field, set, where } from "../fuzz/edits.ts";
import { exercise } from "../fuzz/exercise.ts";
import { applyEdits, type Edit, encode, type Seed } from "../fuzz/mutate.ts";
import { makeSeeds, readSeeds } from "../fuzz/seeds.ts";
import type { CorpusCase } from "../fuzz/squashfs-fuzz.ts";
import { chainImage } from "./chain-image.ts";

const seeds = new Map<string, Seed>();
beforeAll(async () => {
  for (const seed of [...readSeeds(), ...(await makeSeeds())]) seeds.set(seed.name, seed);
});

describe("a hostile image ends in the error of the rule it breaks", () => {
  it.each(directed)("$check: $what", async ({ check, seed: name, edits }) => {
    const seed = seeds.get(name)!;
    const changed = edits(seed);
    const image = applyEdits(seed.bytes, changed);
    for (const slow of [false, true]) {
      const { outcomes } = await exercise(image, { maxBytes: 2 ** 24, maxEntries: 10_000 }, slow);
      expect(outcomes).toContain(check);
    }
  });

  it("starts from images that break none", async () => {
    for (const seed of readSeeds()) expect((await exercise(seed.bytes)).outcomes, seed.name).toEqual([]);
  });

  it("has a case for every rule", () => {
    const have = new Set(directed.map(({ check }) => check));
    expect(Object.keys(CHECKS).filter((check) => !have.has(check as keyof typeof CHECKS))).toEqual([]);
  });

  it("says which rule and where, with a hint", async () => {
    const error: unknown = await openSquashfs(new Uint8Array(5000)).catch((thrown: unknown) => thrown);
    if (!isPvError(error, "SQUASHFS_INVALID")) throw error;
    expect(error.data).toEqual({ offset: 0, check: "magic" });
    expect(error.hint).toContain("uncompressed");
  });
});

describe("the corpus of the fuzzer", () => {
  const corpus = JSON.parse(
    readFileSync(join(import.meta.dirname, "../vectors/squashfs/fuzz-corpus.json"), "utf8"),
  ) as CorpusCase[];
  it(`comes to what it came to (${corpus.length} images)`, async () => {
    const wrong: string[] = [];
    for (const { seed, edits, outcomes } of corpus) {
      const found = await exercise(applyEdits(seeds.get(seed)!.bytes, edits));
      if (found.outcomes.join() !== outcomes.join())
        wrong.push(`${seed} ${JSON.stringify(edits)}: ${found.outcomes.join()}, not ${outcomes.join()}`);
    }
    expect(wrong.slice(0, 10)).toEqual([]);
    expect(corpus.length).toBeGreaterThan(300);
  });
});

/** The error that reading all of an image ends in. */
async function limitOf(image: Uint8Array, limits: Limits): Promise<string> {
  try {
    for await (const entry of await openSquashfs(image, limits))
      if (entry.kind === "file") for await (const _ of entry.open());
  } catch (error) {
    if (isPvError(error, "LIMIT_EXCEEDED")) return error.data.limit;
    throw error;
  }
  return "none";
}

describe("what comes out of an image is bounded", () => {
  /** One more block for a file of holes: the word after its list is taken for it. */
  const sparse = (seed: Seed): Edit[] => {
    const index = where(seed, "inode.file.size", (size) => size === 9000n);
    return set("inode.file.size", 9000 + 4096, index)(seed);
  };

  it("by bytes, of holes too", async () => {
    const seed = seeds.get("plain")!;
    expect(await limitOf(seed.bytes, { maxBytes: 8000 })).toBe("maxBytes");
    expect(await limitOf(seed.bytes, { maxBytes: 100_000 })).toBe("none");
    expect((await exercise(applyEdits(seed.bytes, sparse(seed)), { maxBytes: 8000 })).outcomes).toContain(
      "LIMIT_EXCEEDED",
    );
  });

  it("by entries", async () => {
    expect(await limitOf(seeds.get("plain")!.bytes, { maxEntries: 20 })).toBe("maxEntries");
    expect(await limitOf(seeds.get("plain")!.bytes, { maxEntries: 21 })).toBe("none");
  });

  it("by bytes out per byte of the image: one block may not stand for millions", async () => {
    // 500 files that all are the same blocks: no single one expands a lot.
    const content = new Uint8Array(100_000).fill(7);
    const sink = memorySink();
    await writeSquashfs(files(Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`f${at}`, content]))), sink);
    const image = await readBytes(sink.written);
    expect(await limitOf(image, { maxRatio: 100 })).toBe("maxRatio");
    // A small image counts as 64 KiB: 50 MB are within the default of 2000.
    expect(await limitOf(image, {})).toBe("none");
  });

  it.each([
    ["values", { "user.a": new Uint8Array(20_000) }],
    [
      "names",
      Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`user.${i}${"a".repeat(200)}`, new Uint8Array(0)])),
    ],
  ])(
    "by bytes out per byte of the image: one set of attributes may not be that of millions (%s)",
    async (_, xattrs) => {
      const sink = memorySink();
      const entry = { content: "", xattrs };
      await writeSquashfs(files(Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`f${at}`, entry]))), sink);
      const image = await readBytes(sink.written);
      expect(await limitOf(image, { maxRatio: 20 })).toBe("maxRatio");
      expect(await limitOf(image, { maxRatio: 100 })).toBe("none");
    },
  );

  it("by depth, with a stack of its own", async () => {
    let depth = 0;
    for await (const _ of await openSquashfs(chainImage(Array.from({ length: 4095 }, () => "d")))) depth++;
    expect(depth).toBe(4096);
  });

  it("a block list is read as the content is, not kept", async () => {
    // 2^31 bytes of holes: half a million words, which the image cannot hold: refused before any is read.
    const seed = seeds.get("plain")!;
    const size = field(
      seed,
      "inode.file.size",
      where(seed, "inode.file.size", (value) => value === 9000n),
    );
    const image = applyEdits(seed.bytes, [{ offset: size.offset, hex: encode(2 ** 31, 4) }]);
    const before = process.memoryUsage().arrayBuffers;
    const { outcomes } = await exercise(image);
    expect(outcomes).toContain("file-size");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 2 ** 20);
  });
});

describe("a source that does not keep its word", () => {
  it("ends in CONTENT_TRUNCATED when it is shorter than it says", async () => {
    const { bytes } = seeds.get("plain")!;
    const source = {
      size: async () => bytes.length,
      read: async (offset: number, length: number) =>
        new Uint8Array(bytes.subarray(0, 3000).subarray(offset, offset + length)),
    };
    const error: unknown = await openSquashfs(source).catch((thrown: unknown) => thrown);
    expect(isPvError(error, "CONTENT_TRUNCATED") && error.data).toEqual({ expected: bytes.length, actual: 3000 });
  });

  it("passes its own errors through and can be asked again", async () => {
    const { bytes } = seeds.get("gzip")!;
    let failing = false;
    const source = {
      size: async () => bytes.length,
      async read(offset: number, length: number) {
        if (failing) throw new Error("the network is gone");
        return new Uint8Array(bytes.subarray(offset, offset + length));
      },
    };
    const image = await openSquashfs(source);
    await image[Symbol.asyncDispose]();
    failing = true;
    await expect(image.find("hello")).rejects.toThrow("the network is gone");
    failing = false;
    expect((await image.find("hello"))?.kind).toBe("file");
  });
});
