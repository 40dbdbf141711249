import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { fileSink, fileSource, readDirectory } from "../../src/node/index.ts";
import { readTar } from "../../src/tree/index.ts";
import { type SquashfsOptions, writeSquashfs } from "../../src/wasm-squashfs/index.ts";
import { makeCorpus, variants } from "../squashfs/corpus.ts";
import { describeWith } from "./tools.ts";

const script = join(import.meta.dirname, "../vectors/squashfs/make-corpus.py");
const folder = mkdtempSync(join(tmpdir(), "squashfs-write-"));
const mounted = join(folder, "mounted");
const image = join(folder, "image.squashfs");
mkdirSync(mounted);
afterAll(() => {
  spawnSync("umount", [mounted], { stdio: "ignore" });
  rmSync(folder, { recursive: true, force: true });
});

const run = (tool: string, args: readonly string[]): string =>
  execFileSync(tool, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 2 ** 26 });

/** Says what make-corpus.py finds wrong in a folder. */
function check(json: string, where: string, ...leniency: readonly string[]): string {
  const { stdout } = spawnSync("python3", [script, "check", json, where, "--any-dir-nlink", ...leniency], {
    encoding: "utf8",
  });
  return stdout.trim();
}

function withMount<T>(work: () => T): T {
  run("mount", ["-o", "loop,ro", "-t", "squashfs", image, mounted]);
  try {
    return work();
  } finally {
    run("umount", [mounted]);
  }
}

describeWith(["python3", "mount"], "the kernel mounts what writeSquashfs makes", () => {
  it.each(variants)("%s", { timeout: 120_000 }, async (variant) => {
    const { tar } = makeCorpus(variant, folder);
    await writeSquashfs(readTar(fileSource(tar)), fileSink(image));
    const first = readFileSync(image);
    expect(withMount(() => check(`${tar}.json`, mounted))).toMatch(/^\d+ entries, 0 bad$/);
    await writeSquashfs(readTar(fileSource(tar)), fileSink(image));
    expect(readFileSync(image).equals(first)).toBe(true);
  });

  const ways: SquashfsOptions[] = [];
  for (const compressor of ["gzip", "zstd", "xz", "lz4", "none"] as const) {
    for (const blockSizeBytes of [4096, 8192, 16_384, 32_768, 65_536, 131_072, 262_144, 524_288, 1_048_576]) {
      ways.push({ compressor, blockSizeBytes });
    }
  }
  for (const compressor of ["gzip", "zstd", "xz"] as const) ways.push({ compressor, portable: true });
  for (const level of [1, 3, 9]) ways.push({ level });
  ways.push(
    { fragments: "stable" },
    { exportTable: true },
    { compressor: "lz4", level: 1 },
    { compressor: "xz", level: 9 },
  );
  it.each(ways)("%o", { timeout: 120_000 }, async (options) => {
    const { tar } = makeCorpus("mix", folder);
    await writeSquashfs(readTar(fileSource(tar)), fileSink(image), options);
    expect(withMount(() => check(`${tar}.json`, mounted))).toMatch(/^\d+ entries, 0 bad$/);
  });

  it("the same from a folder as from its tar", async () => {
    const { tar } = makeCorpus("mix", folder);
    await writeSquashfs(readTar(fileSource(tar)), fileSink(image));
    const again = join(folder, "again.squashfs");
    withMount(() => run("cp", ["-a", `${mounted}/.`, `${folder}/copy`]));
    const copy = await writeSquashfs(readDirectory(join(folder, "copy")), fileSink(again));
    expect(copy.entries).toBe(300);
    run("mount", ["-o", "loop,ro", "-t", "squashfs", again, mounted]);
    try {
      expect(check(`${tar}.json`, mounted, "--no-xattr", "--no-root")).toMatch(/^\d+ entries, 0 bad$/);
    } finally {
      run("umount", [mounted]);
    }
  });
});

describeWith(["python3", "unsquashfs"], "unsquashfs unpacks what writeSquashfs makes", () => {
  const root = process.getuid?.() === 0;
  it.each(variants)("%s", { timeout: 180_000 }, async (variant) => {
    const { tar } = makeCorpus(variant, folder);
    await writeSquashfs(readTar(fileSource(tar)), fileSink(image), { compressor: "gzip", exportTable: true });
    // 60,000 bytes of attributes find room on tmpfs, not on ext4.
    const place = variant === "xattrs" && existsSync("/dev/shm") ? mkdtempSync("/dev/shm/squashfs-write-") : folder;
    const unpacked = join(place, "unpacked");
    run("unsquashfs", ["-quiet", "-no-progress", "-dest", unpacked, image]);
    const leniency = root ? [] : ["--no-owner", "--no-dev", "--no-xattr"];
    const said = check(`${tar}.json`, unpacked, ...leniency);
    rmSync(place === folder ? unpacked : place, { recursive: true, force: true });
    expect(said).toMatch(/^\d+ entries, 0 bad$/);
  });

  it("and finds the superblock as it should be", async () => {
    const { tar } = makeCorpus("sizes", folder);
    await writeSquashfs(readTar(fileSource(tar)), fileSink(image), { mtimeSeconds: 1_700_000_000, exportTable: true });
    const said = run("unsquashfs", ["-stat", "-UTC", image]);
    expect(said).toContain("Found a valid SQUASHFS 4:0 superblock");
    expect(said).toContain("Tue Nov 14 22:13:20 2023");
    expect(said).toContain("compression-level 6");
    expect(said).toContain("Filesystem is exportable via NFS");
    expect(said).toContain("Duplicates are removed");
  });
});
