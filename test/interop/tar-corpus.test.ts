import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readBytes } from "../../src/core/index.ts";
import { fileSource } from "../../src/node/index.ts";
import { readTar, sortTree, type Tree, writeTar } from "../../src/tree/index.ts";
import { makeCorpus, variants } from "../squashfs/corpus.ts";
import { differencesOf } from "../tree/expected-tree.ts";
import { describeWith } from "./tools.ts";

const folder = mkdtempSync(join(tmpdir(), "pv-corpus-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The trees of make-corpus.py: read, written and read again, against what the script says that they hold. */
describeWith(["python3"], "make-corpus.py", () => {
  it.each(variants)("%s", async (variant) => {
    const { tar, expected } = makeCorpus(variant, folder);
    const tree: Tree = readTar(fileSource(tar));
    // The sparse one holds 2 GiB of zeros: it goes by, and no disk holds it.
    const large = variant === "sparse";
    expect(await differencesOf(large ? tree : sortTree(tree), expected)).toEqual([]);
    if (large) {
      expect(await differencesOf(readTar(writeTar(tree)), expected)).toEqual([]);
      return;
    }
    const again = await readBytes(writeTar(tree));
    expect(await differencesOf(sortTree(readTar(again)), expected)).toEqual([]);
    expect(Buffer.compare(await readBytes(writeTar(readTar(again))), again)).toBe(0);
    rmSync(tar);
  });
});
