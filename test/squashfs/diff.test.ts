import { describe, expect, it } from "vitest";
import { type ByteSource, memorySink, readBytes } from "../../src/core/index.ts";
import { diffTrees, type FileSpec, files } from "../../src/tree/index.ts";
import { openSquashfs, type SquashfsOptions, writeSquashfs } from "../../src/wasm-squashfs/index.ts";

const noise = (salt: number, length: number): Uint8Array =>
  new Uint8Array(length).map((_, at) => Math.imul(at + salt, 0x9e3779b1) >>> (at & 1 ? 11 : 27));

async function imageOf(
  tree: Record<string, string | Uint8Array | FileSpec>,
  options: SquashfsOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const sink = memorySink();
  await writeSquashfs(files(tree), sink, options);
  return readBytes(sink.written);
}

async function changes(before: Uint8Array, after: Uint8Array): Promise<string[]> {
  const found = await diffTrees(await openSquashfs(before), await openSquashfs(after));
  return found.map(({ change, path, aspects, deltaBytes }) => `${change} ${path} ${aspects.join("+")} ${deltaBytes}`);
}

const before = {
  "bin/tool": { mode: 0o755, content: noise(1, 500_000) },
  "etc/motd": "hello\n",
  "etc/same": "same\n",
  "lib/gone": noise(2, 10_000),
  "lib/large": noise(3, 1_000_000),
  "usr/link": { symlink: "../bin/tool" },
};
const after = {
  ...before,
  "bin/tool": { mode: 0o700, content: noise(1, 500_000) },
  "etc/motd": "hello, world\n",
  "lib/large": noise(3, 1_000_000).fill(0, 700_000, 700_010),
  "new/file": "12345",
  "usr/link": { symlink: "../bin/other" },
};
const { "lib/gone": _, ...without } = after;
const expected = [
  "changed bin/tool mode 0",
  "changed etc/motd content 7",
  "removed lib/gone  -10000",
  "changed lib/large content 0",
  "added new  0",
  "added new/file  5",
  "changed usr/link target 0",
];

describe("two images compared file by file", () => {
  it.each([
    ["the same way", {}, {}],
    ["with other block sizes", { blockSizeBytes: 4096 }, { blockSizeBytes: 1 << 20 }],
    ["with other compressors", { compressor: "none" }, {}],
    ["with other levels", { level: 1 }, { level: 9 }],
    ["with other fragments", { fragments: "stable" }, {}],
  ] as [string, SquashfsOptions, SquashfsOptions][])("packed %s", async (_how, one, two) => {
    expect(await changes(await imageOf(before, one), await imageOf(without, two))).toEqual(expected);
  });

  it("finds nothing in two that hold the same", async () => {
    expect(await changes(await imageOf(before), await imageOf(before, { level: 1, blockSizeBytes: 8192 }))).toEqual([]);
  });

  it("decompresses no block that both have alike", async () => {
    // The blocks are spoiled in both: whoever decompressed one would fail.
    const spoiled = [await imageOf(before), await imageOf({ ...before, "zz/new": "" })].map((image) => {
      const inodeTable = Number(new DataView(image.buffer).getBigUint64(64, true));
      for (let at = 300; at < inodeTable; at += 50) image[at]! ^= 0x55;
      return image;
    });
    expect(await changes(spoiled[0]!, spoiled[1]!)).toEqual(["added zz  0", "added zz/new  0"]);
    const file = await (await openSquashfs(spoiled[0]!)).find("lib/large");
    if (file?.kind !== "file") throw new Error("lost");
    await expect(readBytes(file.open())).rejects.toMatchObject({ code: "SQUASHFS_INVALID" });
  });

  it("looks at each stored block once where nothing but metadata changed", async () => {
    const image = await imageOf(before);
    const other = await imageOf({ ...before, "etc/motd": { content: "hello\n", mode: 0o600 } });
    let bytes = 0;
    const counted = (of: Uint8Array<ArrayBuffer>): ByteSource => ({
      size: async () => of.length,
      async read(offset, length) {
        bytes += length;
        return of.slice(offset, offset + length);
      },
    });
    const found = await diffTrees(await openSquashfs(counted(image)), await openSquashfs(counted(other)));
    expect(found.map(({ path, aspects }) => `${path} ${aspects}`)).toEqual(["etc/motd mode"]);
    expect(bytes).toBeLessThan((image.length + other.length) * 1.5);
  });
});
