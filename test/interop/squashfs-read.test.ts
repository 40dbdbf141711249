import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fileSink, fileSource } from "../../src/node/index.ts";
import { readTar } from "../../src/tree/index.ts";
import { openSquashfs, type SquashfsOptions, writeSquashfs } from "../../src/wasm-squashfs/index.ts";
import { differences, type Expectation, type Leniency, makeCorpus, unpack, variants } from "../squashfs/corpus.ts";
import { describeWith } from "./tools.ts";

let folder: string;
const run = (tool: string, args: readonly string[], input?: string): void => {
  execFileSync(tool, args, {
    stdio: [input === undefined ? "ignore" : "pipe", "ignore", "pipe"],
    ...(input && { input: readFileSync(input) }),
  });
};

/**
 * A tree on a tmpfs, which holds any attribute (ext4 does not), mounted noatime: mksquashfs takes a symlink whose access
 * time moves while it reads for two.
 */
function unpacked(variant: string): { tree: string; expected: Expectation } {
  const tree = join(folder, "tmpfs", variant);
  mkdirSync(tree);
  const { tar, expected } = makeCorpus(variant, folder);
  unpack(tar, tree);
  return { tree, expected };
}

/**
 * The tree `mix` (everything that a tree can have) without most of its large files: it is packed thirty times, by
 * compressors that take seconds for a megabyte.
 */
function smallMix(): { tree: string; expected: Expectation } {
  const { tree, expected } = unpacked("mix");
  const large = [...expected].filter(([, { size }]) => (size ?? 0) > 100_000).slice(4);
  const gone = new Set(large.map(([path]) => path));
  const left = new Map([...expected].filter(([path, { hardlink }]) => !gone.has(path) && !gone.has(hardlink ?? "")));
  const at = (path: string): Buffer => Buffer.concat([Buffer.from(`${tree}/`), Buffer.from(path, "hex")]);
  for (const path of expected.keys()) if (!left.has(path)) rmSync(at(path));
  // Removing a name moved the time of its folder.
  for (const [path, { type, mtime }] of left) if (type === "d") utimesSync(at(path), mtime, mtime);
  return { tree, expected: left };
}

async function check(image: string, expected: Expectation, without?: Leniency): Promise<void> {
  await using opened = await openSquashfs(fileSource(image));
  expect((await differences(opened, expected, without)).slice(0, 20)).toEqual([]);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "squashfs-read-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeWith(["python3", "tar", "mount", "mksquashfs"], "openSquashfs reads what mksquashfs makes", () => {
  let mix: { tree: string; expected: Expectation };
  beforeAll(() => {
    mkdirSync(join(folder, "tmpfs"));
    run("mount", ["-t", "tmpfs", "-o", "size=4G,noatime", "tmpfs", join(folder, "tmpfs")]);
    mix = smallMix();
  });
  afterAll(() => run("umount", [join(folder, "tmpfs")]));

  it.each(variants.filter((variant) => variant !== "mix"))(
    "of the tree %s",
    async (variant) => {
      const { tree, expected } = unpacked(variant);
      const image = join(folder, `${variant}.squashfs`);
      run("mksquashfs", [tree, image, "-noappend", "-quiet", "-no-progress"]);
      rmSync(tree, { recursive: true });
      await check(image, expected);
    },
    180_000,
  );

  const compressors: [string, Leniency | undefined][] = ["gzip", "xz", "zstd", "lz4", "lz4 -Xhc"].map((name) => [
    `-comp ${name}`,
    undefined,
  ]);
  const odd: [string, Leniency | undefined][] = [
    ["-b 4096", undefined],
    ["-b 1M", undefined],
    ["-b 4096 -comp xz", undefined],
    ["-b 1M -comp zstd -Xcompression-level 3", undefined],
    ["-b 4096 -comp lz4", undefined],
    ["-no-fragments", undefined],
    ["-no-xattrs", { xattrs: true }],
    ["-tailends", undefined],
    ["-always-use-fragments -b 8192", undefined],
    ["-no-exports", undefined],
    ["-all-root", { owner: true }],
    ["-all-time 7", { time: true }],
    ["-no-hardlinks", { hardlinks: true }],
    ["-no-duplicates", undefined],
    ["-noI", undefined],
    ["-noId", undefined],
    ["-noD", undefined],
    ["-noF", undefined],
    ["-noX", undefined],
    ["-noI -noD -noF -noX", undefined],
    ["-noI -noD -noF -noX -comp lzo", undefined],
    ["-noI -noId -noX -comp xz -b 16384", undefined],
    ["-nopad", undefined],
    ["-no-sparse", undefined],
    ["-Xcompression-level 1 -Xwindow-size 8", undefined],
    ["-Xstrategy default,filtered,huffman_only,run_length_encoded,fixed", undefined],
    ["-comp xz -Xdict-size 50%", undefined],
    ["-comp xz -Xbcj x86,arm", undefined],
  ];
  it.each([...compressors, ...odd])("with %s", async (options, without) => {
    const image = join(folder, "odd.squashfs");
    run("mksquashfs", [mix.tree, image, "-noappend", "-quiet", "-no-progress", ...options.split(" ")]);
    await check(image, mix.expected, without);
  });
});

describeWith(["python3", "tar2sqfs"], "openSquashfs reads what tar2sqfs makes", () => {
  // tar2sqfs refuses a path that comes twice (quirks), and takes minutes for 70,000 names in one folder (bigdir).
  it.each(variants.filter((variant) => variant !== "quirks" && variant !== "bigdir"))(
    "of the tree %s",
    async (variant) => {
      const { tar, expected } = makeCorpus(variant, folder);
      const image = join(folder, `${variant}.squashfs`);
      run("tar2sqfs", ["-q", "-f", "-c", "gzip", image], tar);
      await check(image, expected);
    },
  );

  const odd: [string, Leniency | undefined][] = [
    ["-c xz", undefined],
    ["-c zstd", undefined],
    ["-c lz4", undefined],
    ["-c lz4 -X hc", undefined],
    ["-c xz -X dictsize=8192,arm,x86", undefined],
    ["-c gzip -b 4096", undefined],
    ["-b 1M -c zstd", undefined],
    ["-c gzip -T", undefined],
    ["-c gzip -x", { xattrs: true }],
    ["-c gzip -e", undefined],
    ["-c gzip -B 1024", undefined],
  ];
  it.each(odd)("with %s", async (options, without) => {
    const { tar, expected } = makeCorpus(options.includes("-x") ? "xattrs" : "links", folder);
    const image = join(folder, "odd.squashfs");
    run("tar2sqfs", ["-q", "-f", ...options.split(" "), image], tar);
    await check(image, expected, without);
  });
});

describeWith(["python3", "tar", "mount", "gensquashfs"], "openSquashfs reads what gensquashfs makes", () => {
  let mix: { tree: string; expected: Expectation };
  beforeAll(() => {
    mkdirSync(join(folder, "tmpfs"), { recursive: true });
    run("mount", ["-t", "tmpfs", "-o", "size=1G,noatime", "tmpfs", join(folder, "tmpfs")]);
    mix = smallMix();
  });
  afterAll(() => run("umount", [join(folder, "tmpfs")]));

  it.each([
    ["-c gzip"],
    ["-c xz -b 1M"],
    ["-c zstd -b 4096"],
    ["-c lz4"],
    ["-T -e"],
    ["-b 4096 -T"],
    ["--all-root", { owner: true }],
  ] as [string, Leniency?][])("with %s", async (options, without) => {
    const image = join(folder, "gen.squashfs");
    run("gensquashfs", ["-q", "-f", "-k", "-x", ...options.split(" "), "--pack-dir", mix.tree, image]);
    // It packs each name of a hard link as a file of its own, and gives the root no time.
    await check(image, mix.expected, { ...without, root: true, hardlinks: true });
  });
});

describeWith(["python3"], "openSquashfs reads what writeSquashfs makes", () => {
  async function pack(variant: string, options: SquashfsOptions): Promise<void> {
    const { tar, expected } = makeCorpus(variant, folder);
    const image = join(folder, "own.squashfs");
    await writeSquashfs(readTar(fileSource(tar)), fileSink(image), options);
    await check(image, expected);
  }

  it.each(variants)("of the tree %s", (variant) => pack(variant, {}), 180_000);

  it.each([
    { compressor: "zstd" },
    { compressor: "xz" },
    { compressor: "lz4" },
    { compressor: "none" },
    { blockSizeBytes: 4096 },
    { blockSizeBytes: 1 << 20, compressor: "zstd" },
    { fragments: "stable" },
    { exportTable: true },
    { portable: true },
  ] as SquashfsOptions[])("with %o", (options) => pack("links", options));
});
