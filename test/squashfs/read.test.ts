import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ByteSource, httpSource, memorySink, readBytes } from "../../src/core/index.ts";
import { type FileEntry, files, type Tree, type TreeEntry } from "../../src/tree/index.ts";
import { openSquashfs, type SquashfsOptions, writeSquashfs } from "../../src/wasm-squashfs/index.ts";

const seed = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(join(import.meta.dirname, `../vectors/squashfs/seeds/${name}.squashfs`)));
const names = ["gzip", "lz4", "ng", "plain", "tables", "tails", "xz", "zstd"];

async function entriesOf(tree: Tree): Promise<TreeEntry[]> {
  const entries: TreeEntry[] = [];
  for await (const entry of tree) entries.push(entry);
  return entries;
}
async function written(tree: Tree, options: SquashfsOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const sink = memorySink();
  await writeSquashfs(tree, sink, options);
  return readBytes(sink.written);
}
async function fileAt(image: Awaited<ReturnType<typeof openSquashfs>>, path: string): Promise<FileEntry> {
  const entry = await image.find(path);
  if (entry?.kind !== "file") throw new Error(`${path} is ${entry?.kind}`);
  return entry;
}
const textOf = (entry: FileEntry): Promise<string> => new Response(entry.open()).text();
const hashOf = async (entry: FileEntry): Promise<string> =>
  createHash("sha256")
    .update(await readBytes(entry.open()))
    .digest("hex");

describe.each(names)("the image %s", (name) => {
  it("has every entry, parents first, names in byte order", async () => {
    const entries = await entriesOf(await openSquashfs(seed(name)));
    expect(entries.map(({ path, kind }) => `${kind} ${path}`)).toEqual([
      "directory ",
      "directory dir",
      "block dir/block",
      "char dir/char",
      "directory dir/deeper",
      "directory dir/deeper/deepest",
      "file dir/deeper/deepest/file",
      "fifo dir/fifo",
      "file dir/hard-link",
      "socket dir/socket",
      "symlink dir/symlink",
      "directory empty",
      // gensquashfs packs both names of a file as files.
      name === "ng" ? "file hello" : "hardlink hello",
      "file hole",
      "file hole-and-tail",
      "file one-block",
      "file random",
      "file random.bin",
      "file random.copy",
      "file tail",
      "file zero",
    ]);
  });

  it("has modes, owners, times, devices, targets and attributes", async () => {
    const image = await openSquashfs(seed(name));
    const one = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
    expect(await image.find("hello")).toMatchObject({
      kind: "file",
      mode: 0o4755,
      uid: 0,
      gid: 0,
      mtimeSeconds: 1700000000,
      sizeBytes: 6,
      xattrs: { "user.tiny": one("one"), "user.long": one("v".repeat(300)) },
    });
    expect(await image.find("empty")).toMatchObject({ kind: "directory", mode: 0o1777 });
    expect(await image.find("tail")).toMatchObject({
      uid: 1000,
      gid: 2000,
      xattrs: { "user.long": one("v".repeat(300)), "user.other": one("two") },
    });
    expect(await image.find("dir")).toMatchObject({ uid: 70000, gid: 5, xattrs: { "trusted.t": one("three") } });
    expect(await image.find("dir/char")).toMatchObject({ kind: "char", major: 1, minor: 3 });
    expect(await image.find("dir/block")).toMatchObject({ kind: "block", major: 259, minor: 70000 });
    expect(await image.find("dir/symlink")).toMatchObject({
      kind: "symlink",
      target: "../hello",
      xattrs: { "trusted.link": one("five") },
    });
    expect(await image.find("zero")).not.toHaveProperty("xattrs");
  });

  it("has the contents, in one pass and one by one", async () => {
    const image = await openSquashfs(seed(name));
    expect(await textOf(await fileAt(image, "hello"))).toBe("hello\n");
    expect(await textOf(await fileAt(image, "zero"))).toBe("");
    expect(await textOf(await fileAt(image, "dir/deeper/deepest/file"))).toBe("deep");
    expect(await textOf(await fileAt(image, "tail"))).toBe("more compressible text\n".repeat(500).slice(0, 10000));
    expect(await textOf(await fileAt(image, "hole"))).toBe("\0".repeat(9000));
    expect(await textOf(await fileAt(image, "hole-and-tail"))).toBe("\0".repeat(4096) + "x".repeat(100));
    expect(await hashOf(await fileAt(image, "random.bin"))).toBe(await hashOf(await fileAt(image, "random.copy")));
  });
});

describe("openSquashfs", () => {
  it("says what the image is", async () => {
    const image = await openSquashfs(seed("xz"));
    expect(image).toMatchObject({ sizeBytes: 4096, blockSizeBytes: 4096, compressor: "xz" });
  });

  it("can be walked again, and twice at a time", async () => {
    const image = await openSquashfs(seed("tables"));
    const [first, second] = await Promise.all([entriesOf(image), entriesOf(image)]);
    expect(first.map(({ path }) => path)).toEqual(second.map(({ path }) => path));
    expect((await entriesOf(image)).length).toBe(first.length);
  });

  it("opens contents in any order, again, late, without `this`, and hands out bytes of their own", async () => {
    const image = await openSquashfs(seed("plain"));
    const entries = (await entriesOf(image)).filter((entry) => entry.kind === "file").toReversed();
    const texts = await Promise.all(entries.map(async ({ open, path }) => [path, await new Response(open()).text()]));
    expect(Object.fromEntries(texts)).toMatchObject({ "dir/hard-link": "hello\n", zero: "" });
    for (const path of ["hello", "one-block"]) {
      const entry = await fileAt(image, path);
      const before = await textOf(entry);
      // What a caller does with its bytes changes no other's.
      for await (const bytes of entry.open()) structuredClone(bytes.fill(0).buffer, { transfer: [bytes.buffer] });
      expect(await textOf(entry)).toBe(before);
    }
  });

  it("finds in a folder with an index, first, last, middle and absent", async () => {
    const image = await openSquashfs(seed("index"));
    const pad = "0".repeat(200);
    for (const number of ["000", "001", "037", "050", "098", "099"])
      expect((await image.find(`big/n${number}-${pad}`))?.path).toBe(`big/n${number}-${pad}`);
    for (const path of ["big/a", "big/n037", "big/n100", "big/z", `big/n037-${pad}/x`, "nowhere", "big/..", "./big"])
      expect(await image.find(path), path).toBeUndefined();
    expect((await image.find("/big/"))?.path).toBe("big");
    expect(await image.find("")).toMatchObject({ kind: "directory", path: "" });
  });

  it("keeps names that are no UTF-8", async () => {
    const path = "caf\udcff/\u{1f600}";
    const image = await openSquashfs(await written(files({ [path]: { content: "x" } })));
    expect((await entriesOf(image)).map((entry) => entry.path)).toEqual(["", "caf\udcff", path]);
    expect(await textOf(await fileAt(image, path))).toBe("x");
    expect(await image.find("caf\ufffd/\u{1f600}")).toBeUndefined();
  });

  it("stops reading ahead when a stream is cancelled", async () => {
    const image = await openSquashfs(await written(files({ big: { content: new Uint8Array(3_000_000).fill(1) } })));
    const reader = (await fileAt(image, "big")).open().getReader();
    expect((await reader.read()).value?.length).toBe(131072);
    await reader.cancel();
    expect((await readBytes((await fileAt(image, "big")).open())).length).toBe(3_000_000);
  });
});

describe("sources", () => {
  it("reads a Blob, and a ByteSource that gives little at a time", async () => {
    const bytes = seed("gzip");
    const slow: ByteSource = {
      size: async () => bytes.length,
      read: async (offset, length) => bytes.slice(offset, offset + Math.min(length, 100)),
    };
    for (const source of [new Blob([bytes]), slow])
      expect((await entriesOf(await openSquashfs(source))).length).toBe(21);
  });

  it("is released by disposing, and by a failure to open", async () => {
    let closed = 0;
    const over = (bytes: Uint8Array<ArrayBuffer>): ByteSource => ({
      size: async () => bytes.length,
      read: async (offset, length) => bytes.slice(offset, offset + length),
      close: async () => void closed++,
    });
    {
      await using image = await openSquashfs(over(seed("gzip")));
      await image.find("hello");
      expect(closed).toBe(0);
    }
    expect(closed).toBe(1);
    await expect(openSquashfs(over(new Uint8Array(4096)))).rejects.toMatchObject({ code: "SQUASHFS_INVALID" });
    expect(closed).toBe(2);
  });
});

describe("by HTTP ranges", () => {
  let server: Server;
  let url: string;
  let requests: string[] = [];
  let image: Uint8Array<ArrayBuffer>;
  beforeAll(async () => {
    const many = Object.fromEntries(
      Array.from({ length: 3000 }, (_, at) => [`usr/share/doc/package-${at}/copyright`, `text ${at}`]),
    );
    const noise = (length: number): Uint8Array =>
      new Uint8Array(length).map((_, at) => Math.imul(at + 1, 0x9e3779b1) >>> 13);
    image = await written(files({ ...many, "usr/lib/large": noise(3_000_000), "usr/lib/small": "small" }));
    server = createServer((request, response) => {
      requests.push(String(request.headers.range));
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(String(request.headers.range))!;
      const end = Math.min(Number(to), image.length - 1);
      response.writeHead(206, { "content-range": `bytes ${from}-${end}/${image.length}`, etag: '"1"' });
      response.end(image.subarray(Number(from), end + 1));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/root.squashfs`;
  });
  afterAll(() => server.close());

  it("lists 6,000 entries in a handful of requests", async () => {
    requests = [];
    expect((await entriesOf(await openSquashfs(httpSource(url)))).length).toBe(6007);
    expect(requests.length).toBeLessThanOrEqual(5);
  });

  it("reads one small file without reading the large one", async () => {
    requests = [];
    const opened = await openSquashfs(httpSource(url));
    expect(await textOf(await fileAt(opened, "usr/lib/small"))).toBe("small");
    expect(requests.length).toBeLessThanOrEqual(6);
    const before = requests.length;
    expect((await readBytes((await fileAt(opened, "usr/lib/large")).open())).length).toBe(3_000_000);
    expect(requests.length - before).toBeLessThanOrEqual(13);
  });
});

describe("content keys", () => {
  const noise = (salt: number, length: number): Uint8Array =>
    new Uint8Array(length).map((_, at) => Math.imul(at + salt, 0x9e3779b1) >>> 11);
  const large = noise(1, 400_000);
  const changed = noise(1, 400_000).fill(0, 300_000);
  const key = async (image: Awaited<ReturnType<typeof openSquashfs>>, path: string): Promise<string> =>
    (await fileAt(image, path)).contentKey!();

  it("are equal for content that is stored alike, in one image or two, and nothing is decompressed", async () => {
    const before = await openSquashfs(await written(files({ a: "small", b: large, c: large })));
    const bytes = await written(files({ a: "small", b: large, c: changed, x: "" }));
    const after = await openSquashfs(bytes);
    expect(await key(before, "b")).toBe(await key(before, "c"));
    expect(await key(before, "b")).toBe(await key(after, "b"));
    expect(await key(before, "c")).not.toBe(await key(after, "c"));
    expect(await key(before, "a")).toBe(await key(after, "a"));
  });

  it("see a byte that differs, wherever it is", async () => {
    const base = await openSquashfs(await written(files({ f: large })));
    for (const at of [0, 131071, 131072, 300_000, 399_999]) {
      const other = large.slice();
      other[at]! ^= 1;
      expect(await key(await openSquashfs(await written(files({ f: other }))), "f")).not.toBe(await key(base, "f"));
    }
  });

  it("never are equal for other content: cut, longer, of another block size, other tails of one fragment", async () => {
    const image = await openSquashfs(
      await written(
        files({ a: "aaaa", b: "bbbb", c: "aaaab", d: "aa", h: new Uint8Array(300_000), i: new Uint8Array(300_001) }),
      ),
    );
    const seen = new Map<string, string>();
    for (const entry of await entriesOf(image)) {
      if (entry.kind !== "file") continue;
      const found = await entry.contentKey!();
      const hash = await hashOf(entry);
      expect(seen.get(found) ?? hash).toBe(hash);
      seen.set(found, hash);
    }
    expect(seen.size).toBe(6);
  });

  it("are no proof of a difference: other compressors, other keys", async () => {
    const gzip = await openSquashfs(await written(files({ f: large })));
    const none = await openSquashfs(await written(files({ f: large }), { compressor: "none" }));
    expect(await key(gzip, "f")).not.toBe(await key(none, "f"));
    expect(await hashOf(await fileAt(gzip, "f"))).toBe(await hashOf(await fileAt(none, "f")));
  });
});
