import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ByteSource, type Bytes, decodePath, isPvError, readBytes } from "../../src/core/index.ts";
import { toByteSource } from "../../src/core/internal.ts";
import { files, readTar, type Tree, type TreeEntry, writeTar } from "../../src/tree/index.ts";
import { arbitraryTree, treeOf } from "./arbitrary-tree.ts";
import { collect, listTree } from "./list-tree.ts";
import { endMark, member, pax } from "./tar-maker.ts";

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Bytes, void, void> {
  for (let at = 0; at < bytes.length; at += size) yield new Uint8Array(bytes.subarray(at, at + size));
}

async function failure(tree: Tree): Promise<{ code: string; data: Record<string, unknown>; message: string }> {
  try {
    for await (const entry of tree) if (entry.kind === "file") await readBytes(entry.open());
  } catch (error) {
    if (!isPvError(error)) throw error;
    return { code: error.code, data: { ...error.data }, message: error.message };
  }
  throw new Error("nothing was thrown");
}

const tar = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.concat([...parts, endMark]));

describe("writeTar and readTar", () => {
  it("give back the tree, from bytes and from a stream, plain and compressed", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTree, fc.constantFrom(1, 511, 512, 700, 100_000), async (entries, size) => {
        const archive = await readBytes(writeTar(treeOf(entries)));
        const wanted = await listTree(treeOf(entries), true);
        expect(await listTree(readTar(archive), true)).toEqual(wanted);
        if (size > 1) expect(await listTree(readTar(cut(archive, size)), true)).toEqual(wanted);
        expect(await listTree(readTar(new Uint8Array(gzipSync(archive, { level: 1 }))), true)).toEqual(wanted);
        expect(Buffer.compare(await readBytes(writeTar(readTar(archive))), archive)).toBe(0);
      }),
      { numRuns: 150, seed: 11 },
    );
  });

  it("need no extension where ustar will do, and write the same bytes each time", async () => {
    const tree = files({ "a/": { mtimeSeconds: 5 }, "a/b": { content: "x", uid: 0o7777777 }, c: { symlink: "a/b" } });
    const archive = await readBytes(writeTar(tree));
    expect(archive.length).toBe(512 + 512 + 512 + 512 + 1024);
    expect(Buffer.from(archive.subarray(0, 512)).toString("latin1").replaceAll("\0", ".")).toMatch(
      /^a\/\.{98}0000755\.0000000\.0000000\.00000000000\.00000000005\.\d{6}\. 5\.{100}ustar\.00/,
    );
    expect(Buffer.compare(await readBytes(writeTar(tree)), archive)).toBe(0);
  });

  it("split a long name as ustar does, at the last slash that fits", async () => {
    for (const path of [`${"d/".repeat(70)}${"n".repeat(100)}`, `${"p".repeat(155)}/${"n".repeat(100)}`]) {
      const archive = await readBytes(writeTar(treeOf([{ ...leaf, path }])));
      expect(archive.length).toBe(512 + 1024);
    }
    const archive = await readBytes(writeTar(treeOf([{ ...leaf, path: `${"p".repeat(156)}/${"n".repeat(99)}` }])));
    expect(archive.length).toBe(512 * 3 + 1024);
  });

  it("carry sizes over 8 GiB", async () => {
    const size = 9 * 2 ** 30;
    const endless = (): ReadableStream<Bytes> =>
      new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(100_000)) });
    const reader = writeTar(
      treeOf([{ ...leaf, kind: "file", path: "big", sizeBytes: size, open: endless }]),
    ).getReader();
    const start = Buffer.from((await reader.read()).value!).toString("latin1");
    await reader.cancel();
    expect(start).toContain(`19 size=${size}\n`);
    const big = pax({ size: String(size) }, member({ name: "big", size: 0 }));
    const source: ByteSource = {
      size: async () => big.length + size + 1024,
      async read(offset, length) {
        const bytes = new Uint8Array(length);
        bytes.set(big.subarray(offset, offset + length));
        return bytes;
      },
    };
    const [entry] = await collect(readTar(source));
    expect(entry).toMatchObject({ path: "big", sizeBytes: size });
  });

  it("refuse what cannot be written", async () => {
    const write = (entry: Partial<TreeEntry> & object): Promise<string> =>
      readBytes(writeTar(treeOf([{ ...leaf, ...entry } as TreeEntry]))).then(
        () => "written",
        (error: unknown) => (isPvError(error) ? error.code : String(error)),
      );
    expect(await write({ path: "../x" })).toBe("PATH_UNSAFE");
    expect(await write({ path: "/x" })).toBe("PATH_UNSAFE");
    expect(await write({ path: "a//x" })).toBe("PATH_UNSAFE");
    expect(await write({ kind: "hardlink", target: "../../etc/shadow" } as Partial<TreeEntry>)).toBe("PATH_UNSAFE");
    expect(await write({ kind: "socket" })).toBe("TREE_INVALID");
    expect(await write({ uid: -1 })).toBe("TREE_INVALID");
    expect(await write({ mtimeSeconds: Number.NaN })).toBe("TREE_INVALID");
    const file = (sizeBytes: number): Promise<string> =>
      write({ kind: "file", sizeBytes, open: () => new Blob(["four"]).stream() } as Partial<TreeEntry>);
    expect(await file(3)).toBe("CONTENT_TRUNCATED");
    expect(await file(5)).toBe("CONTENT_TRUNCATED");
    expect(await file(4)).toBe("written");
  });
});

const leaf = { kind: "fifo", path: "x", mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0 } as const;

describe("readTar", () => {
  it("reads v7, where a slash at the end makes a folder", async () => {
    const archive = tar(
      member({ name: "old/", type: "\0", magic: "" }),
      member({ name: "old/file", type: "\0", magic: "", content: "v7" }),
    );
    expect(await listTree(readTar(archive))).toEqual(["directory old", 'file old/file = "v7"']);
  });

  it("reads GNU long names, base-256 numbers and its own prefix field", async () => {
    const long = `${"long/".repeat(60)}name`;
    const archive = tar(
      member({ name: "././@LongLink", type: "L", magic: "ustar  \0", content: `${long}\0` }),
      member({ name: "././@LongLink", type: "K", magic: "ustar  \0", content: `${"t".repeat(200)}\0` }),
      member({ name: "cut", type: "2", link: "cut", magic: "ustar  \0" }),
      member({ name: "ids", magic: "ustar  \0", raw: { 108: [0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff] } }),
      member({
        name: "before-1970",
        magic: "ustar  \0",
        raw: { 136: [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe], 345: [0x31, 0x32] },
      }),
    );
    const entries = (await collect(readTar(archive))).filter(({ kind }) => kind !== "directory");
    expect(entries.map(({ path }) => path)).toEqual([long, "ids", "before-1970"]);
    expect(entries[0]).toMatchObject({ kind: "symlink", target: "t".repeat(200) });
    expect(entries[1]!.uid).toBe(0xffffffff);
    expect(entries[2]!.mtimeSeconds).toBe(-2);
  });

  it("lets pax records overrule the header, global ones too, and empty ones take them back", async () => {
    const archive = tar(
      pax({ uid: "5", comment: "x" }, new Uint8Array(0), "g"),
      member({ name: "a", uid: 1 }),
      pax({ uid: "3000000", path: "émile", mtime: "1700000000.75" }, member({ name: "x" })),
      pax({ uid: "" }, member({ name: "b", uid: 1 })),
      pax(
        { "SCHILY.xattr.user.é": Buffer.from([0, 10, 255]), "LIBARCHIVE.xattr.user.a%20b": "AAECAw==" },
        member({ name: "c" }),
      ),
    );
    const entries = await collect(readTar(archive));
    expect(entries.map(({ path, uid }) => `${path} ${uid}`)).toEqual(["a 5", "émile 3000000", "b 1", "c 5"]);
    expect(entries[1]!.mtimeSeconds).toBe(1_700_000_000);
    expect(entries[3]!.xattrs).toEqual({
      "user.é": new Uint8Array([0, 10, 255]),
      "user.a b": new Uint8Array([0, 1, 2, 3]),
    });
  });

  it("reads sparse files of every version", async () => {
    const data = "A".repeat(512) + "B".repeat(100);
    const map: readonly (readonly [string, Record<string, string> | readonly (readonly [string, string])[]])[] = [
      [
        "0.0",
        [
          ["GNU.sparse.size", "2000"],
          ["GNU.sparse.numblocks", "2"],
          ["GNU.sparse.offset", "512"],
          ["GNU.sparse.numbytes", "512"],
          ["GNU.sparse.offset", "1900"],
          ["GNU.sparse.numbytes", "100"],
        ],
      ],
      [
        "0.1",
        {
          "GNU.sparse.size": "2000",
          "GNU.sparse.numblocks": "2",
          "GNU.sparse.map": "512,512,1900,100",
          "GNU.sparse.name": "real",
        },
      ],
    ];
    const expected = Buffer.concat([
      Buffer.alloc(512),
      Buffer.from(data.slice(0, 512)),
      Buffer.alloc(876),
      Buffer.from("B".repeat(100)),
    ]);
    for (const [version, records] of map) {
      const archive = tar(
        pax(records, member({ name: version === "0.0" ? "real" : "GNUSparseFile.1/real", content: data })),
      );
      for (const tree of [readTar(archive), readTar(cut(archive, 300))]) {
        for await (const entry of tree) {
          if (entry.kind !== "file") throw new Error(entry.kind);
          expect(entry).toMatchObject({ path: "real", sizeBytes: 2000 });
          expect(Buffer.compare(await readBytes(entry.open()), expected)).toBe(0);
        }
      }
    }
    const leading = Buffer.alloc(512);
    leading.write("2\n512\n512\n1900\n100\n");
    const archive = tar(
      pax(
        { "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "real", "GNU.sparse.realsize": "2000" },
        member({ name: "GNUSparseFile.1/real", content: Buffer.concat([leading, Buffer.from(data)]) }),
      ),
      member({ name: "next", content: "n" }),
    );
    for (const tree of [readTar(archive), readTar(cut(archive, 300))])
      expect((await listTree(tree)).map((line) => line.slice(0, 14))).toEqual(["file real = 20", 'file next = "n']);
  });

  it("reads the old GNU sparse format with extension blocks", async () => {
    const octal = (value: number): number[] => [...Buffer.from(value.toString(8).padStart(11, "0"))];
    const raw: Record<number, number[]> = { 482: [1], 483: octal(100_000) };
    for (let at = 0; at < 4; at++) {
      raw[386 + at * 24] = octal(at * 1000);
      raw[398 + at * 24] = octal(10);
    }
    const extension = Buffer.alloc(512);
    for (let at = 0; at < 2; at++) {
      Buffer.from(octal(50_000 + at * 49_990)).copy(extension, at * 24);
      Buffer.from(octal(10)).copy(extension, at * 24 + 12);
    }
    const archive = tar(
      member({ name: "holes", type: "S", magic: "ustar  \0", size: 60, raw }),
      extension,
      Buffer.from("0123456789".repeat(6).padEnd(512, "\0")),
      member({ name: "next", content: "n" }),
    );
    for (const tree of [readTar(archive), readTar(cut(archive, 512))]) {
      const entries: string[] = [];
      for await (const entry of tree) {
        if (entry.kind !== "file") throw new Error(entry.kind);
        const bytes = Buffer.from(await readBytes(entry.open()));
        entries.push(entry.path);
        if (entry.path !== "holes") continue;
        expect(bytes.length).toBe(100_000);
        for (const offset of [0, 1000, 2000, 3000, 50_000, 99_990])
          expect(bytes.toString("latin1", offset, offset + 10)).toBe("0123456789");
        expect(bytes.subarray(60_000, 99_990).every((byte) => byte === 0)).toBe(true);
      }
      expect(entries).toEqual(["holes", "next"]);
    }
  });

  it("keeps names that are not UTF-8", async () => {
    const archive = tar(member({ name: Buffer.from([0x61, 0xff, 0xfe, 0xc3, 0xa9]), content: "x" }));
    const [entry] = await collect(readTar(archive));
    expect(entry!.path).toBe("a\udcff\udcfeé");
    expect(decodePath(Buffer.from([0x61, 0xff, 0xfe, 0xc3, 0xa9]))).toBe(entry!.path);
  });

  it("makes folders that are only implied, and lets later entries count", async () => {
    const archive = tar(
      member({ name: "./a/b/c", content: "1" }),
      member({ name: "a//b/c", content: "2" }),
      member({ name: "./a/b/", type: "5", mode: 0o700 }),
      member({ name: "./", type: "5", mode: 0o711 }),
    );
    expect((await collect(readTar(archive))).map(({ path, mode }) => `${path || "."} ${mode.toString(8)}`)).toEqual([
      "a 755",
      "a/b 755",
      "a/b/c 644",
      "a/b/c 644",
      "a/b 700",
      ". 711",
    ]);
  });

  it("takes no content for what has none, whatever its size says", async () => {
    const archive = tar(
      member({ name: "d/", type: "5", size: 4096 }),
      member({ name: "f", content: "x" }),
      member({ name: "h", type: "1", link: "f", size: 1 }),
      member({ name: "last" }),
    );
    expect((await listTree(readTar(archive))).length).toBe(4);
  });

  it("reads bytes again and again, contents at any time", async () => {
    const archive = await readBytes(writeTar(files({ a: "1", b: "2" })));
    for (const source of [archive, new Blob([archive]), toByteSource(archive)]) {
      const tree = readTar(source);
      expect(await listTree(tree)).toEqual(await listTree(tree));
      const entries = await collect(tree);
      const contents = await Promise.all(
        entries.map((entry) => (entry.kind === "file" ? readBytes(entry.open()) : [])),
      );
      expect(contents.map((bytes) => Buffer.from(bytes).toString())).toEqual(["1", "2"]);
    }
  });

  it("reads a stream once, and a content only in its turn", async () => {
    const archive = await readBytes(writeTar(files({ a: "1".repeat(9000), b: "2" })));
    const tree = readTar(cut(archive, 1000));
    const entries = await collect(tree);
    expect(await failure(tree)).toMatchObject({ code: "TREE_CONSUMED" });
    const [a] = entries;
    if (a?.kind !== "file") throw new Error("no file");
    await expect(readBytes(a.open())).rejects.toMatchObject({ code: "TREE_CONSUMED", data: { path: "a" } });

    const second = readTar(cut(archive, 1000))[Symbol.asyncIterator]();
    const file = (await second.next()).value as TreeEntry & { kind: "file" };
    const reader = file.open().getReader();
    await reader.read();
    const next = (await second.next()).value as TreeEntry; // half-read: the rest is skipped
    expect(next.path).toBe("b");
    await expect(reader.read()).rejects.toMatchObject({ code: "TREE_CONSUMED" });
    await second.return?.();
  });

  it("does not mix two readers up when one is still waiting", async () => {
    const archive = await readBytes(writeTar(files({ a: "1".repeat(9000), b: "2".repeat(5) })));
    async function* slow(): AsyncGenerator<Bytes> {
      for await (const bytes of cut(archive, 512)) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        yield bytes;
      }
    }
    const iterator = readTar(slow())[Symbol.asyncIterator]();
    const a = (await iterator.next()).value as TreeEntry & { kind: "file" };
    const reading = a.open().getReader().read();
    await new Promise((resolve) => setTimeout(resolve, 0));
    const b = (await iterator.next()).value as TreeEntry & { kind: "file" };
    expect(Buffer.from(await readBytes(b.open())).toString()).toBe("22222");
    expect((await reading).value?.every((byte) => byte === 0x31)).toBe(true);
    await iterator.return?.();
  });

  it("closes what it was given, also when it is left early", async () => {
    const archive = await readBytes(writeTar(files({ a: "1", b: "2" })));
    let open = 0;
    const inner = toByteSource(archive);
    const source: ByteSource = {
      size: () => inner.size(),
      async read(offset, length) {
        open = 1;
        return inner.read(offset, length);
      },
      async close() {
        open = 0;
      },
    };
    const tree = readTar(source);
    for await (const _ of tree) break;
    expect(open).toBe(0);
    const entries = await collect(tree);
    expect(open).toBe(0);
    for (const entry of entries) if (entry.kind === "file") await readBytes(entry.open());
    expect(open).toBe(0);
  });

  it("reads on to the end of a stream, so that sums behind the archive are checked", async () => {
    const packed = gzipSync(await readBytes(writeTar(files({ a: "1" }))));
    packed[packed.length - 6]! ^= 1;
    expect(await failure(readTar(new Uint8Array(packed)))).toMatchObject({ code: "CONTENT_CORRUPT" });
  });
});

describe("readTar refuses", () => {
  it.each([
    ["..", "../x"],
    [".. inside", "a/../../x"],
    [".. at the end", "a/.."],
    ["an absolute name", "/etc/passwd"],
  ])("%s", async (_what, name) => {
    expect(await failure(readTar(tar(member({ name }))))).toMatchObject({
      code: "TAR_PATH_UNSAFE",
      data: { path: name },
    });
    const archive = tar(member({ name: "f" }), member({ name: "h", type: "1", link: name }));
    expect(await failure(readTar(archive))).toMatchObject({ code: "TAR_PATH_UNSAFE", data: { path: name } });
  });
  it("a NUL in a pax name", async () => {
    const archive = tar(pax({ path: "a\0b" }, member({ name: "x" })));
    expect((await failure(readTar(archive))).code).toBe("TAR_PATH_UNSAFE");
  });
  it("a file without a name", async () => {
    expect((await failure(readTar(tar(member({ name: "./", type: "0", content: "x" }))))).code).toBe("TAR_PATH_UNSAFE");
  });
  it("writing through a symbolic link, or below a file", async () => {
    for (const type of ["2", "0"]) {
      const archive = tar(member({ name: "etc", type, link: "/etc" }), member({ name: "etc/passwd", content: "x" }));
      expect(await failure(readTar(archive))).toMatchObject({ code: "TREE_INVALID", data: { path: "etc/passwd" } });
    }
  });
  it("what is no tar, and says what it is", async () => {
    expect(await failure(readTar(new Uint8Array(600).fill(65)))).toMatchObject({
      code: "TAR_INVALID",
      data: { offset: 0 },
    });
    expect((await failure(readTar(new Uint8Array(0)))).message).toMatch(/empty/);
    const zip = new Uint8Array(600);
    zip.set([0x50, 0x4b, 3, 4]);
    const error: unknown = await collect(readTar(zip)).catch((reason: unknown) => reason);
    expect(isPvError(error) && error.hint).toBe("the content is a zip archive");
  });
  it("a wrong checksum, with its place", async () => {
    const archive = tar(member({ name: "a", content: "x" }), member({ name: "b", content: "y" }));
    archive[1024 + 3]! ^= 1;
    expect(await failure(readTar(archive))).toMatchObject({ code: "TAR_INVALID", data: { offset: 1024 } });
  });
  it("an archive cut anywhere, plain or compressed, from bytes or a stream", async () => {
    const archive = await readBytes(writeTar(files({ "dir/a": "1".repeat(1500), "dir/ü": "2" })));
    const whole = archive.length - 1024;
    for (let length = 0; length <= whole; length += 128) {
      for (const tree of [readTar(archive.slice(0, length)), readTar(cut(archive.subarray(0, length), 1000))]) {
        const { code, data } = await failure(tree);
        expect(code).toBe("TAR_INVALID");
        expect(data["offset"]).toBeLessThanOrEqual(length);
      }
    }
  });
  it.each([
    ["a record that is too long", "99 path=x\n"],
    ["a record without length", "path=x\n"],
    ["a record without end", "9 path=xy"],
    ["a record without equals sign", "7 path\n"],
    ["a length of nothing", "0 a=b\n"],
    ["an endless length", `${"9".repeat(30)} a=b\n`],
  ])("a pax header with %s", async (_what, text) => {
    const archive = tar(member({ name: "p", type: "x", content: text }), member({ name: "f" }));
    expect((await failure(readTar(archive))).code).toBe("TAR_INVALID");
  });
  it.each([
    ["overlaps", "0,100,50,100"],
    ["leaves the file", "0,100,1950,100"],
    ["does not add up", "0,100"],
    ["is odd", "0,100,300"],
    ["is no number", "0,100,x,100"],
    ["is negative", "0,100,-5,100"],
  ])("a sparse map that %s", async (_what, map) => {
    const archive = tar(
      pax({ "GNU.sparse.size": "2000", "GNU.sparse.map": map }, member({ name: "s", content: "x".repeat(200) })),
    );
    expect((await failure(readTar(archive))).code).toBe("TAR_INVALID");
  });
  it("numbers that are none, or out of range", async () => {
    for (const raw of [
      { 124: [0x39] },
      { 124: [0xff] },
      { 124: [0x80, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] },
      { 100: [0x78] },
    ])
      expect((await failure(readTar(tar(member({ name: "x", raw }))))).code).toBe("TAR_INVALID");
    for (const records of [
      { uid: "-1" },
      { uid: "4294967296" },
      { size: "1e3" },
      { mtime: "soon" },
      { size: "9".repeat(18) },
    ])
      expect((await failure(readTar(tar(pax(records, member({ name: "x" })))))).code).toBe("TAR_INVALID");
  });
  it("members of unknown type, links without target", async () => {
    for (const type of ["Q", "M", "9"])
      expect((await failure(readTar(tar(member({ name: "x", type }))))).code).toBe("TAR_INVALID");
    expect((await failure(readTar(tar(member({ name: "x", type: "2" }))))).code).toBe("TAR_INVALID");
  });
  it("more than the limits allow", async () => {
    const archive = await readBytes(writeTar(files({ a: "12345", b: "12345", c: "" })));
    expect(await failure(readTar(archive, { maxBytes: 9 }))).toMatchObject({ data: { limit: "maxBytes", value: 9 } });
    expect(await failure(readTar(archive, { maxEntries: 2 }))).toMatchObject({ data: { limit: "maxEntries" } });
    const deep = tar(member({ name: `${"d/".repeat(40)}x` }));
    expect(await failure(readTar(deep, { maxEntries: 20 }))).toMatchObject({ code: "LIMIT_EXCEEDED" });
    const holes = tar(pax({ "GNU.sparse.size": String(2 ** 50), "GNU.sparse.map": "" }, member({ name: "s" })));
    expect(await failure(readTar(holes))).toMatchObject({ code: "LIMIT_EXCEEDED", data: { limit: "maxBytes" } });
    const bomb = new Uint8Array(gzipSync(tar(member({ name: "z", content: Buffer.alloc(5_000_000) }))));
    expect(await failure(readTar(bomb, { maxBytes: 1_000_000 }))).toMatchObject({ code: "LIMIT_EXCEEDED" });
  });
  it("extended headers that pile up", async () => {
    const record = pax({ comment: "x".repeat(1_000_000) }, new Uint8Array(0));
    const archive = tar(...new Array<Uint8Array>(10).fill(record), member({ name: "x" }));
    expect((await failure(readTar(archive))).code).toBe("TAR_INVALID");
    const globals = pax({ comment: "x".repeat(300_000) }, new Uint8Array(0), "g");
    expect((await failure(readTar(tar(globals, member({ name: "x" }))))).code).toBe("TAR_INVALID");
    // Each member is read with all of them.
    const many = pax(
      Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`k${i}`, "v"])),
      new Uint8Array(0),
      "g",
    );
    expect((await failure(readTar(tar(many, member({ name: "x" }))))).code).toBe("TAR_INVALID");
  });
  it("text, which might be a path", () => {
    expect(() => readTar("x.tar" as never)).toThrow(TypeError);
  });
  it("and names the archive where it has a name", async () => {
    const file = new File([new Uint8Array(700).fill(1)], "rootfs.tar");
    expect(await failure(readTar(file))).toMatchObject({
      message: expect.stringMatching(/^rootfs\.tar: this is no tar archive/),
      data: { path: "rootfs.tar", offset: 0 },
    });
  });
});
