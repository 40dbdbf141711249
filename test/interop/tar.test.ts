import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  createReadStream,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { contentChunks, gzip } from "../../src/core/internal.ts";
import { fileSource, readDirectory, saveFile } from "../../src/node/index.ts";
import { diffTrees, files, mapTree, overlay, readTar, type Tree, writeTar } from "../../src/tree/index.ts";
import { collectTree } from "../../src/tree/internal.ts";
import { describeWith, findTool } from "./tools.ts";

const root = process.getuid?.() === 0;
const base = mkdtempSync(join(tmpdir(), "pv-tar-"));
const folder = join(base, "tree");
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** A folder with something of everything that tars differ in. */
beforeAll(() => {
  const bytes = (path: string): Buffer => Buffer.from(path, "latin1");
  mkdirSync(join(folder, "d/e"), { recursive: true });
  writeFileSync(join(folder, "d/text"), "text\n");
  writeFileSync(join(folder, "d/empty"), "");
  writeFileSync(join(folder, "d/e/exec"), "#!/bin/sh\n", { mode: 0o755 });
  if (root) chmodSync(join(folder, "d/e/exec"), 0o4755);
  linkSync(join(folder, "d/text"), join(folder, "d/zz-hard"));
  symlinkSync("../no/such", join(folder, "d/link"));
  symlinkSync("t".repeat(300), join(folder, "d/long-link"));
  execFileSync("mkfifo", [join(folder, "fifo")]);
  if (root) execFileSync("mknod", [join(folder, "null"), "c", "1", "3"]);
  const deep = join(folder, ...new Array<string>(8).fill("a-folder-with-a-long-name-0123456789"));
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(deep, "n".repeat(255)), "deep");
  writeFileSync(join(folder, "ünï-🙂"), "utf8");
  writeFileSync(Buffer.concat([bytes(`${folder}/`), Buffer.from([0xff, 0xfe, 0x61])]), "bytes");
  utimesSync(join(folder, "d/text"), 5, 1_234_567_890.5);
  // Holes: at the start, between and at the end.
  const sparse = openSync(join(folder, "sparse"), "w");
  for (const at of [65_536, 1_048_576, 5_000_000]) writeSync(sparse, Buffer.alloc(4096, "data"), 0, 4096, at);
  closeSync(sparse);
  truncateSync(join(folder, "sparse"), 8_000_000);
  if (root && findTool("setfattr")) {
    execFileSync("setfattr", ["-n", "trusted.bytes", "-v", "0x0001ff0a3d25", join(folder, "d/text")]);
    execFileSync("setfattr", ["-n", "user.a=b%3D", "-v", "v", join(folder, "d/text")]);
  }
});

const xattrs = { "trusted.bytes": new Uint8Array([0, 1, 255, 10, 61, 37]), "user.a=b%3D": new Uint8Array([118]) };

interface Maker {
  name: string;
  tool: string;
  make: (out: string) => readonly string[];
  xattrs?: boolean;
  /** Formats without room for some of it. */
  leaves?: RegExp;
}

const gnu = (name: string, ...args: readonly string[]): Maker => ({
  name: `GNU tar ${name}`,
  tool: "tar",
  make: (out) => [...args, "-cf", out, "-C", folder, "."],
  ...(args.includes("--xattrs") ? { xattrs: true } : {}),
});

const makers: readonly Maker[] = [
  gnu("gnu", "--format=gnu"),
  gnu("gnu sparse", "--format=gnu", "-S"),
  gnu("pax", "--format=pax"),
  gnu("pax with xattrs", "--format=pax", "--xattrs", "--xattrs-include=*"),
  gnu("sparse 0.0", "--format=pax", "-S", "--sparse-version=0.0"),
  gnu("sparse 0.1", "--format=pax", "-S", "--sparse-version=0.1"),
  gnu("sparse 1.0", "--format=pax", "-S", "--sparse-version=1.0"),
  gnu("oldgnu", "--format=oldgnu"),
  gnu("gzip", "-z", "--format=pax"),
  gnu("xz", "-J", "--format=pax"),
  gnu("zstd", "--zstd", "--format=pax"),
  { name: "bsdtar pax", tool: "bsdtar", make: (out) => ["--format=pax", "-cf", out, "-C", folder, "."], xattrs: true },
  { name: "bsdtar gnutar", tool: "bsdtar", make: (out) => ["--format=gnutar", "-cf", out, "-C", folder, "."] },
];

const python = (format: string): string => `
import sys, tarfile
with tarfile.open(sys.argv[1], "w", format=tarfile.${format}, encoding="utf-8", errors="surrogateescape") as archive:
    archive.add(sys.argv[2], arcname=".")
`;

/** The folder as each archive should show it: a folder's own time changes as tests go, users may not be ours. */
async function differences(tree: Tree, leaves?: RegExp): Promise<string[]> {
  const plain = (from: Tree): Tree =>
    mapTree(from, (entry) => (leaves?.test(entry.path) ? undefined : { ...entry, xattrs: undefined }));
  const changes = await diffTrees(plain(tree), plain(readDirectory(folder)));
  return changes.map(({ change, path, aspects }) => `${change} ${path} ${aspects.join("+")}`);
}

describe("readTar reads what others write", () => {
  for (const maker of makers) {
    describeWith([maker.tool], maker.name, () => {
      it("entry by entry, from a file and from a stream", async () => {
        const out = join(base, `${maker.name.replace(/\W+/g, "-")}.tar`);
        execFileSync(maker.tool, maker.make(out), { env: { ...process.env, LC_ALL: "C.UTF-8" } });
        expect(await differences(readTar(fileSource(out)), maker.leaves)).toEqual([]);
        expect(await differences(readTar(createReadStream(out, { highWaterMark: 10_000 })), maker.leaves)).toEqual([]);
        if (!maker.xattrs || !root || !findTool("setfattr")) return;
        const { entry } = (await collectTree(readTar(fileSource(out)))).get("d/text")!;
        expect(entry.xattrs).toEqual(xattrs);
      });
    });
  }
  describeWith(["python3"], "Python tarfile", () => {
    it.each(["PAX_FORMAT", "GNU_FORMAT"])("%s", async (format) => {
      const out = join(base, `${format}.tar`);
      execFileSync("python3", ["-c", python(format), out, folder]);
      expect(await differences(readTar(fileSource(out)))).toEqual([]);
    });
  });
  describeWith(["tar"], "ustar and v7, as far as they go", () => {
    it.each(["ustar", "v7"])("%s", async (format) => {
      const out = join(base, `${format}.tar`);
      execFileSync("tar", [
        `--format=${format}`,
        "-cf",
        out,
        "-C",
        folder,
        "d/text",
        "d/empty",
        "d/e",
        "d/zz-hard",
        "d/link",
        "sparse",
      ]);
      const kept = /^(?!d$|d\/(text|empty|e|zz-hard|link)|sparse|$)/;
      expect(await differences(readTar(fileSource(out)), kept)).toEqual([]);
    });
  });
});

describe("others read what writeTar writes", () => {
  const written = join(base, "ours.tar");
  /** What folders of this machine can hold, and all that needs a pax record. */
  const extra = (): Tree =>
    files({
      "more/ids": { content: "x", uid: 3_000_000, gid: 4_000_000_000 },
      "more/old": { content: "x", mtimeSeconds: -5 },
      "more/late": { content: "x", mtimeSeconds: 9_000_000_000 },
      ...(root ? { "more/attrs": { content: "x", xattrs } } : {}),
    });
  beforeAll(async () => {
    await saveFile(writeTar(overlay(readDirectory(folder), extra())), written);
  });
  const tools: readonly (readonly [string, string, (out: string) => readonly string[]])[] = [
    ["GNU tar", "tar", (out) => ["--xattrs", "--xattrs-include=*", "--numeric-owner", "-xpf", written, "-C", out]],
    ["bsdtar", "bsdtar", (out) => ["--xattrs", "--numeric-owner", "-xpf", written, "-C", out]],
    [
      "Python tarfile",
      "python3",
      (out) => [
        "-c",
        "import sys,tarfile; tarfile.open(sys.argv[1], encoding='utf-8', errors='surrogateescape').extractall(sys.argv[2], numeric_owner=True)",
        written,
        out,
      ],
    ],
  ];
  for (const [name, tool, args] of tools) {
    describeWith([tool], name, () => {
      it("entry by entry", async () => {
        const out = join(base, `out-${tool}`);
        mkdirSync(out);
        execFileSync(tool, args(out), {
          env: { ...process.env, LC_ALL: "C.UTF-8" },
          stdio: ["ignore", "ignore", "inherit"],
        });
        const expected = mapTree(overlay(readDirectory(folder), extra()), (entry) => ({
          ...entry,
          xattrs: undefined,
          ...(root ? {} : { uid: process.getuid!(), gid: process.getgid!() }),
        }));
        const changes = await diffTrees(expected, readDirectory(out));
        const said = changes.map(({ change, path, aspects }) => `${change} ${path} ${aspects.join("+")}`);
        // bsdtar sets no time on the folder it was told to fill, Python none on symbolic links.
        const theirs =
          tool === "bsdtar" ? /^changed {2}time$/ : tool === "python3" ? /^changed d\/(long-)?link time$/ : /^$/;
        expect(said.filter((line) => !theirs.test(line))).toEqual([]);
        if (!root || tool === "python3" || !findTool("getfattr")) return;
        const shown = execFileSync(
          "getfattr",
          ["-d", "-m", "-", "-e", "hex", "--absolute-names", join(out, "more/attrs")],
          { encoding: "utf8" },
        );
        expect(shown).toContain("trusted.bytes=0x0001ff0a3d25");
        // GNU tar's way to write a name with an equals sign; bsdtar takes it for the name itself.
        if (tool === "tar") expect(shown).toContain("a\\075b%3D=0x76");
      });
    });
  }
  describeWith(["tar"], "GNU tar, compressed", () => {
    it("lists it", async () => {
      const out = join(base, "ours.tgz");
      await saveFile(gzip(contentChunks(writeTar(readDirectory(folder)))), out);
      const listed = execFileSync("tar", ["-tzf", out], { encoding: "utf8" }).trim().split("\n");
      expect(listed.length).toBe((await collectTree(readDirectory(folder))).size);
      expect(readFileSync(out).subarray(0, 10).toString("hex")).toBe("1f8b08000000000000ff");
    });
  });
});
