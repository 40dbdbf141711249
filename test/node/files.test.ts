import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { type Bytes, isPvError, type Progress, readBytes } from "../../src/core/index.ts";
import { contentStream, utf8 } from "../../src/core/internal.ts";
import {
  fileSink,
  fileSource,
  readDirectory,
  saveFile,
  terminalProgress,
  writeDirectory,
} from "../../src/node/index.ts";
import { diffTrees, files, mapTree, readTar, type Tree, type TreeEntry, writeTar } from "../../src/tree/index.ts";
import { collectTree } from "../../src/tree/internal.ts";
import { canMount, findTool } from "../interop/tools.ts";

const root = process.getuid?.() === 0;
const base = mkdtempSync(join(tmpdir(), "pv-node-"));
let folder = "";
let count = 0;
beforeEach(() => mkdirSync((folder = join(base, `${++count}`))));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const at = (...parts: readonly string[]): string => join(folder, ...parts);

function treeOf(...entries: readonly TreeEntry[]): Tree {
  return {
    async *[Symbol.asyncIterator]() {
      yield* entries;
    },
  };
}

function file(path: string, content = "x", more: Partial<TreeEntry> = {}): TreeEntry {
  const bytes = utf8(content);
  return {
    path,
    kind: "file",
    mode: 0o644,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    mtimeSeconds: 0,
    sizeBytes: bytes.length,
    open: () => contentStream(bytes),
    ...more,
  } as TreeEntry;
}

async function codeOf(
  work: Promise<unknown>,
): Promise<{ code: string; data: Record<string, unknown>; message: string }> {
  const error: unknown = await work.then(
    () => new Error("nothing was thrown"),
    (reason: unknown) => reason,
  );
  if (!isPvError(error)) throw error;
  return { code: error.code, data: { ...error.data }, message: error.message };
}

describe("fileSource", () => {
  it("reads at any place, opens late, and again after close", async () => {
    const source = fileSource(at("f"));
    writeFileSync(at("f"), "0123456789");
    expect(await source.size()).toBe(10);
    expect(Buffer.from(await source.read(3, 4)).toString()).toBe("3456");
    expect(Buffer.from(await source.read(8, 40)).toString()).toBe("89");
    expect((await source.read(99, 1)).length).toBe(0);
    await source.close?.();
    expect((await source.read(0, 2)).length).toBe(2);
    const reads = Array.from({ length: 20 }, (_, offset) => source.read(offset % 10, 1));
    await source.close?.();
    expect((await Promise.all(reads)).every((bytes) => bytes.length === 1)).toBe(true);
    await source.close?.();
    await source.close?.();
  });
  it("leaves no file open", async () => {
    const open = (): number => readdirSync("/proc/self/fd").length;
    await saveFile(writeTar(files({ a: "x", b: new Uint8Array(1_000_000) })), at("f"));
    const before = open();
    for (let turn = 0; turn < 10; turn++) {
      await readBytes(fileSource(at("f")));
      for await (const _ of readTar(fileSource(at("f")))) break;
    }
    expect(open()).toBeLessThanOrEqual(before);
  });
  it.each([
    ["absent", "ENOENT"],
    ["folder", "EISDIR"],
    ["f/x", "ENOTDIR"],
  ])("says why it cannot read %s", async (name, reason) => {
    writeFileSync(at("f"), "x");
    mkdirSync(at("folder"));
    const path = at(name);
    expect(await codeOf(readBytes(fileSource(path)))).toMatchObject({ code: "FILE_FAILED", data: { path, reason } });
  });
  it.runIf(root && findTool("setpriv"))("says that it may not", () => {
    writeFileSync(at("secret"), "x", { mode: 0o600 });
    chmodSync(base, 0o755);
    const program = `import { fileSource } from ${JSON.stringify(join(import.meta.dirname, "../../src/node/file-source.ts"))};
      fileSource(process.argv[1]).size().catch((e) => console.log(e.code, e.data.reason, e.data.path));`;
    const args = [
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      process.execPath,
      "--input-type=module-typescript",
      "-e",
      program,
      at("secret"),
    ];
    const ran = spawnSync("setpriv", args, { encoding: "utf8" });
    expect(ran.stdout.trim(), ran.stderr).toBe(`FILE_FAILED EACCES ${at("secret")}`);
  });
  it("takes no pipe for a file", async () => {
    execFileSync("mkfifo", [at("pipe")]);
    writeFileSync(at("w"), "");
    const reading = codeOf(fileSource(at("pipe")).size());
    writeFileSync(at("pipe"), ""); // opening a pipe waits for the other side
    expect(await reading).toMatchObject({ code: "FILE_FAILED", data: { reason: "ESPIPE" } });
  });
});

describe("fileSink and saveFile", () => {
  it("show a file only when it is complete", async () => {
    writeFileSync(at("f"), "old", { mode: 0o640 });
    const sink = fileSink(at("f"));
    await sink.write(5, utf8("new"));
    expect(Buffer.from(await readBytes(sink.written!)).toString()).toBe("\0\0\0\0\0new");
    expect(readFileSync(at("f"), "utf8")).toBe("old");
    await sink.setSize(7);
    await sink.close();
    expect(readFileSync(at("f"), "utf8")).toBe("\0\0\0\0\0ne");
    expect(statSync(at("f")).mode & 0o777).toBe(0o640);
    expect(Buffer.from(await readBytes(sink.written!)).toString()).toBe("\0\0\0\0\0ne");
    expect(readdirSync(folder)).toEqual(["f"]);
  });
  it("leave nothing after an abort", async () => {
    const sink = fileSink(at("f"));
    await sink.write(0, utf8("x"));
    await sink.abort();
    await sink.abort();
    expect(readdirSync(folder)).toEqual([]);
    await expect(sink.write(0, utf8("x"))).rejects.toThrow(TypeError);
  });
  it("follow a link, and keep it", async () => {
    writeFileSync(at("real"), "old");
    symlinkSync("real", at("link"));
    await saveFile(utf8("new"), at("link"));
    expect(readlinkSync(at("link"))).toBe("real");
    expect(readFileSync(at("real"), "utf8")).toBe("new");
  });
  it("write into a device in place", async () => {
    await saveFile(utf8("x"), "/dev/null");
    expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
  });
  it("say the SHA-256, and report", async () => {
    const said: Progress[] = [];
    const id = await saveFile(new Blob(["hello"]), at("f"), { onProgress: (progress) => said.push(progress) });
    expect(id).toBe("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    expect(said.at(-1)).toEqual({ task: "read", subject: at("f"), done: 5, total: 5, unit: "bytes" });
  });
  it("keep the old file, and nothing else, when the content fails or is aborted", async () => {
    writeFileSync(at("f"), "old");
    async function* failing(): AsyncGenerator<Bytes> {
      yield new Uint8Array(3_000_000);
      throw new Error("the cable");
    }
    await expect(saveFile(failing(), at("f"))).rejects.toThrow("the cable");
    const stop = new AbortController();
    async function* stopping(): AsyncGenerator<Bytes> {
      yield new Uint8Array(3_000_000);
      stop.abort(new Error("enough"));
      yield new Uint8Array(1);
    }
    await expect(saveFile(stopping(), at("f"), { signal: stop.signal })).rejects.toThrow("enough");
    await expect(saveFile(new Response("", { status: 500 }), at("f"))).rejects.toMatchObject({ code: "CONTENT_HTTP" });
    expect(readFileSync(at("f"), "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["f"]);
  });
  it("say where they cannot write", async () => {
    expect(await codeOf(saveFile(utf8("x"), at("no/f")))).toMatchObject({
      code: "FILE_FAILED",
      data: { path: at("no/f"), reason: "ENOENT" },
    });
    mkdirSync(at("d"));
    expect(await codeOf(saveFile(utf8("x"), at("d")))).toMatchObject({ data: { reason: "EISDIR" } });
  });
  it("take the arguments in their order only", async () => {
    await expect(saveFile("x" as never, utf8("x") as never)).rejects.toThrow(TypeError);
  });
  it.runIf(canMount())("leave nothing on a disk that is full, but what was there", async () => {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", folder]);
    try {
      writeFileSync(at("f"), "old");
      const full = await codeOf(saveFile(new Uint8Array(2_000_000).fill(7), at("f")));
      expect(full).toMatchObject({ code: "FILE_FAILED", data: { path: at("f"), reason: "ENOSPC" } });
      expect(readdirSync(folder)).toEqual(["f"]);
      expect(readFileSync(at("f"), "utf8")).toBe("old");
      rmSync(at("f"));
      const tree = files({ a: "1", "b/c": new Uint8Array(2_000_000).fill(7) });
      expect(await codeOf(writeDirectory(tree, folder))).toMatchObject({
        code: "FILE_FAILED",
        data: { path: at("b/c"), reason: "ENOSPC" },
      });
      expect(readdirSync(folder)).toEqual([]);
      expect(await codeOf(writeDirectory(tree, at("new")))).toMatchObject({ data: { reason: "ENOSPC" } });
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      execFileSync("umount", [folder]);
    }
  });
});

describe("readDirectory", () => {
  it("gives every kind, sorted by bytes, hard links as such", async () => {
    mkdirSync(at("b"));
    writeFileSync(at("b/x"), "1", { mode: 0o600 });
    linkSync(at("b/x"), at("z"));
    writeFileSync(at("b.x"), "");
    writeFileSync(at("é"), "");
    symlinkSync("../up", at("link"));
    execFileSync("mkfifo", [at("pipe")]);
    utimesSync(at("b/x"), 5, 1_700_000_000.9);
    const seen: string[] = [];
    for await (const entry of readDirectory(`${folder}/`))
      seen.push(`${entry.kind} ${entry.path}${"target" in entry ? `>${entry.target}` : ""}`);
    expect(seen).toEqual([
      "directory ",
      "directory b",
      "file b/x",
      "file b.x",
      "symlink link>../up",
      "fifo pipe",
      "hardlink z>b/x",
      "file é",
    ]);
    for await (const entry of readDirectory(folder))
      if (entry.path === "b/x") expect(entry.mtimeSeconds).toBe(1_700_000_000);
  });
  it("keeps names that are not UTF-8, there and back", async () => {
    const name = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0x61, 0xc3])]);
    mkdirSync(name);
    writeFileSync(Buffer.concat([name, Buffer.from([0x2f, 0xfe])]), "bytes");
    const [, dir, inner] = [...(await collectTree(readDirectory(folder))).keys()];
    expect([dir, inner]).toEqual(["\udcffa\udcc3", "\udcffa\udcc3/\udcfe"]);
    const archive = await readBytes(writeTar(readDirectory(folder)));
    await writeDirectory(readTar(archive), at("copy"));
    expect(readdirSync(at("copy"), { encoding: "buffer" })).toEqual([Buffer.from([0xff, 0x61, 0xc3])]);
  });
  it("can be read again, contents at any time and all at once", async () => {
    for (let number = 0; number < 50; number++) writeFileSync(at(`f${number}`), `${number}`);
    const entries: TreeEntry[] = [];
    for await (const entry of readDirectory(folder)) entries.push(entry);
    const contents = await Promise.all(
      entries.map((entry) => (entry.kind === "file" ? readBytes(entry.open()) : new Uint8Array(0))),
    );
    expect(new Set(contents.map((bytes) => Buffer.from(bytes).toString())).size).toBe(51);
  });
  it("says what it cannot read", async () => {
    expect(await codeOf(collectTree(readDirectory(at("absent"))))).toMatchObject({
      code: "FILE_FAILED",
      data: { path: at("absent"), reason: "ENOENT" },
    });
    writeFileSync(at("f"), "x");
    expect(await codeOf(collectTree(readDirectory(at("f"))))).toMatchObject({
      data: { path: at("f"), reason: "ENOTDIR" },
    });
  });
  it("notices a file that shrinks, and does not follow a link in its place", async () => {
    writeFileSync(at("f"), "12345");
    writeFileSync(at("g"), "12345");
    const entries = new Map((await collectTree(readDirectory(folder))).entries());
    writeFileSync(at("f"), "1");
    renameSync(at("g"), at("h"));
    symlinkSync("h", at("g"));
    const open = (path: string): Promise<Bytes> => {
      const entry = entries.get(path)?.entry;
      if (entry?.kind !== "file") throw new Error(path);
      return readBytes(entry.open());
    };
    expect(await codeOf(open("f"))).toMatchObject({ code: "CONTENT_TRUNCATED", data: { expected: 5, actual: 1 } });
    expect(await codeOf(open("g"))).toMatchObject({ code: "FILE_FAILED", data: { path: at("g"), reason: "ELOOP" } });
  });
  it.runIf(root)("reads device nodes, with large numbers", async () => {
    execFileSync("mknod", [at("c"), "c", "1", "3"]);
    execFileSync("mknod", [at("b"), "b", "4095", "1048575"]);
    const nodes = await collectTree(readDirectory(folder));
    expect(nodes.get("c")!.entry).toMatchObject({ kind: "char", major: 1, minor: 3 });
    expect(nodes.get("b")!.entry).toMatchObject({ kind: "block", major: 4095, minor: 1_048_575 });
  });
});

describe("writeDirectory", () => {
  it("takes no name that is somebody's: not a file of the user's, nor that of another writer", async () => {
    mkdirSync(at("mine"));
    const own = Array.from({ length: 400 }, (_, n) => [`.pv-${process.pid}.tmp`, `.pv-${process.pid}-${n}.tmp`]).flat();
    for (const name of new Set(own)) writeFileSync(at(`mine/${name}`), "mine");
    const trees = [1, 2, 3].map((n) => files({ [`f${n}`]: "x".repeat(100_000 * n), [`g${n}`]: "y", same: `${n}` }));
    await Promise.all(trees.map((tree) => writeDirectory(tree, at("mine"))));
    for (const name of new Set(own)) expect(readFileSync(at(`mine/${name}`), "utf8")).toBe("mine");
    for (const n of [1, 2, 3]) expect(statSync(at(`mine/f${n}`)).size).toBe(100_000 * n);
    // To one new folder at once: one is first, the others find it there; nothing of theirs is mixed in or left.
    const ends = await Promise.allSettled(trees.map((tree) => writeDirectory(tree, at("new"))));
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(readdirSync(at("new")).length).toBe(3);
    expect(readdirSync(folder).filter((name) => name.includes(".tmp"))).toEqual([]);
  });

  it("writes what readDirectory reads", async () => {
    const tree = files({
      "/": { mode: 0o711, mtimeSeconds: 9 },
      "bin/tool": { content: "#!", mode: 0o4755, mtimeSeconds: 1_000 },
      "bin/alias": { hardlink: "bin/tool" },
      "closed/": { mode: 0o500, mtimeSeconds: 7 },
      "closed/in": "x",
      link: { symlink: "/etc/passwd", mtimeSeconds: 3 },
      pipe: { special: "fifo", mode: 0o600 },
      ...(root ? { null: { device: ["char", 1, 3] as const, mode: 0o666, uid: 5, gid: 6 } } : {}),
      big: { content: new Uint8Array(700_000).fill(7, 300_000, 300_010) },
    });
    await writeDirectory(tree, at("out"));
    const mine = mapTree(tree, (entry) =>
      root ? entry : { ...entry, uid: process.getuid!(), gid: process.getgid!() },
    );
    expect(await diffTrees(mine, readDirectory(at("out")))).toEqual([]);
    expect(statSync(at("out/bin/tool")).ino).toBe(statSync(at("out/bin/alias")).ino);
    expect(statSync(at("out/bin/tool")).mode & 0o7777).toBe(0o4755);
    expect(statSync(at("out/big")).blocks * 512).toBeLessThan(600_000); // holes stay holes
    expect(readdirSync(folder)).toEqual(["out"]);
  });
  it("is there whole or not at all when it is new", async () => {
    const failing = treeOf(file("a"), file("b", "x", { sizeBytes: 5 } as Partial<TreeEntry>));
    expect(await codeOf(writeDirectory(failing, at("deep/out")))).toMatchObject({ code: "CONTENT_TRUNCATED" });
    expect(readdirSync(at("deep"))).toEqual([]);
    mkdirSync(at("empty"));
    await codeOf(writeDirectory(failing, at("empty")));
    expect(readdirSync(at("empty"))).toEqual([]);
  });
  it("is merged into what is there, each file whole or not at all", async () => {
    mkdirSync(at("out/d"), { recursive: true });
    writeFileSync(at("out/keep"), "kept");
    writeFileSync(at("out/d/x"), "old");
    symlinkSync("/nowhere", at("out/l"));
    await writeDirectory(files({ "d/x": "new", l: "a file now" }), at("out"));
    await writeDirectory(files({ "d/x": "newer" }), `${at("out")}/`);
    expect(readFileSync(at("out/keep"), "utf8")).toBe("kept");
    expect(readFileSync(at("out/d/x"), "utf8")).toBe("newer");
    expect(readFileSync(at("out/l"), "utf8")).toBe("a file now");
    await codeOf(writeDirectory(treeOf(file("d/x", "12", { sizeBytes: 1 } as Partial<TreeEntry>)), at("out")));
    expect(readFileSync(at("out/d/x"), "utf8")).toBe("newer");
    expect(readdirSync(at("out/d"))).toEqual(["x"]);
  });
  it("lets the last of a path count", async () => {
    const entries = treeOf(
      file("a/b"),
      file("a/c"),
      file("a", "file"),
      file("f"),
      { ...file("f/"), path: "f", kind: "directory" } as TreeEntry,
      file("f/g"),
    );
    await writeDirectory(entries, at("out"));
    expect(readFileSync(at("out/a"), "utf8")).toBe("file");
    expect(readdirSync(at("out/f"))).toEqual(["g"]);
  });
  it("does not take a folder away that it did not make", async () => {
    mkdirSync(at("out/d"), { recursive: true });
    writeFileSync(at("out/d/mine"), "x");
    expect(await codeOf(writeDirectory(files({ d: "file" }), at("out")))).toMatchObject({ code: "FILE_FAILED" });
    expect(readFileSync(at("out/d/mine"), "utf8")).toBe("x");
  });
  it.each([
    ["..", file("../escaped")],
    [".. inside", file("a/../../escaped")],
    ["an absolute path", file("/tmp/pv-escaped")],
    ["a NUL", file("a\0b")],
    ["a double slash", file("a//b")],
    ["a hard link that leaves", { ...file("h"), kind: "hardlink", target: "../outside" } as TreeEntry],
    ["an absolute hard link", { ...file("h"), kind: "hardlink", target: "/etc/passwd" } as TreeEntry],
    ["a link with a NUL", { ...file("h"), kind: "symlink", target: "a\0b" } as TreeEntry],
  ])("refuses %s from a tree that lies", async (_what, entry) => {
    writeFileSync(at("outside"), "outside");
    expect(await codeOf(writeDirectory(treeOf(file("first"), entry), at("out")))).toMatchObject({
      code: "PATH_UNSAFE",
    });
    expect(readdirSync(folder)).toEqual(["outside"]);
    expect(existsSync("/tmp/pv-escaped")).toBe(false);
  });
  it("writes nothing through a link, of the tree or there before", async () => {
    mkdirSync(at("outside"));
    const link = { ...file("l"), kind: "symlink", target: at("outside") } as TreeEntry;
    expect(await codeOf(writeDirectory(treeOf(link, file("l/x")), at("out")))).toMatchObject({ code: "PATH_UNSAFE" });
    mkdirSync(at("old"));
    writeFileSync(at("old/other"), "");
    symlinkSync(at("outside"), at("old/l"));
    expect(await codeOf(writeDirectory(treeOf(file("l/x")), at("old")))).toMatchObject({ code: "PATH_UNSAFE" });
    writeFileSync(at("outside/target"), "secret");
    symlinkSync(at("outside/target"), at("old/t"));
    await writeDirectory(treeOf(file("t", "mine")), at("old"));
    expect(readFileSync(at("outside/target"), "utf8")).toBe("secret");
    expect(
      await codeOf(
        writeDirectory(treeOf({ ...file("h"), kind: "hardlink", target: "l/target" } as TreeEntry), at("old")),
      ),
    ).toMatchObject({ code: "PATH_UNSAFE" });
    expect(readdirSync(at("outside"))).toEqual(["target"]);
  });
  it("goes where a link to the folder itself leads", async () => {
    mkdirSync(at("real"));
    symlinkSync("real", at("way"));
    await writeDirectory(files({ a: "1" }), at("way"));
    expect(readFileSync(at("real/a"), "utf8")).toBe("1");
  });
  it("stops when told to, with the reason, and leaves nothing", async () => {
    const stop = new AbortController();
    const tree: Tree = {
      async *[Symbol.asyncIterator]() {
        yield file("a");
        stop.abort(new Error("enough"));
        yield file("b");
      },
    };
    await expect(writeDirectory(tree, at("out"), { signal: stop.signal })).rejects.toThrow("enough");
    expect(readdirSync(folder)).toEqual([]);
  });
  it("says what it cannot write", async () => {
    const socket = { ...file("s"), kind: "socket" } as TreeEntry;
    expect(await codeOf(writeDirectory(treeOf(socket), at("out")))).toMatchObject({
      code: "FILE_FAILED",
      data: { path: at("out/s") },
    });
    writeFileSync(at("f"), "");
    expect(await codeOf(writeDirectory(files({}), at("f")))).toMatchObject({
      code: "FILE_FAILED",
      data: { reason: "ENOTDIR" },
    });
    expect(await codeOf(writeDirectory(files({}), at("f/x")))).toMatchObject({ code: "FILE_FAILED" });
  });
  it.runIf(root && findTool("setfattr") && findTool("getfattr"))("sets extended attributes", async () => {
    const xattrs = { "trusted.bytes": new Uint8Array([0, 1, 255]), "trusted.empty": new Uint8Array(0) };
    await writeDirectory(files({ f: { content: "x", xattrs }, "d/": { xattrs } }), at("out"));
    for (const name of ["f", "d"]) {
      const shown = execFileSync(
        "getfattr",
        ["-d", "-m", "trusted", "-e", "hex", "--absolute-names", at("out", name)],
        { encoding: "utf8" },
      );
      expect(shown).toContain("trusted.bytes=0x0001ff");
      expect(shown).toContain("trusted.empty");
    }
  });
});

describe("terminalProgress", () => {
  const event = {
    task: "hash",
    subject: "a\u001b[2J\u202eb",
    done: 3 * 2 ** 20,
    total: 6 * 2 ** 20,
    unit: "bytes",
  } as const;
  it("draws bars on a terminal", () => {
    const said: string[] = [];
    const show = terminalProgress({ isTTY: true, columns: 57, write: (text) => said.push(text) });
    show(event);
    show({ ...event, done: event.total });
    expect(said).toEqual([
      "\r\u001b[K[############............] hash a?[2J?b: 3.0 MiB of 6.0…",
      "\r\u001b[Khash a?[2J?b: 6.0 MiB\n",
    ]);
  });
  it("writes lines elsewhere", () => {
    const said: string[] = [];
    const show = terminalProgress({ write: (text) => said.push(text) });
    show(event);
    show({ ...event, done: event.total });
    show({ task: "squashfs", subject: "x", done: 12, total: 12, unit: "entries" });
    expect(said).toEqual(["hash a?[2J?b: 6.0 MiB\n", "pack x: 12 entries\n"]);
  });
});

describe("exitWithError", () => {
  const run = (body: string): ReturnType<typeof spawnSync> =>
    spawnSync(
      process.execPath,
      [
        "--input-type=module-typescript",
        "-e",
        `import { exitWithError } from ${JSON.stringify(join(import.meta.dirname, "../../src/node/exit-with-error.ts"))};
         import { PvError } from ${JSON.stringify(join(import.meta.dirname, "../../src/core/index.ts"))};
         ${body}`,
      ],
      { encoding: "utf8" },
    );
  it("says one line and ends with 1, or as told", () => {
    const ran = run(`exitWithError(new PvError("PATH_UNSAFE", "bad\\npath", { path: "../x" }, { hint: "do not" }));`);
    expect(ran.stderr).toBe("bad path: ../x (do not) [PATH_UNSAFE]\n");
    expect(ran.status).toBe(1);
    expect(run(`exitWithError(new Error("x"), 75);`).status).toBe(75);
  });
  it("ends what hangs", () => {
    const ran = run(`setInterval(() => {}, 1000); exitWithError(new Error("x"));`);
    expect(ran.status).toBe(1);
  });
});
