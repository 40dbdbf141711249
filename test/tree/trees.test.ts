import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodePath, isPvError, readBytes } from "../../src/core/index.ts";
import { contentChunks, contentStream, gzip, utf8 } from "../../src/core/internal.ts";
import { diffTrees, files, readTar, sortTree, type TreeEntry, writeTar } from "../../src/tree/index.ts";
import { cleanPath, comparePaths } from "../../src/tree/internal.ts";
import { arbitraryTree, treeOf } from "./arbitrary-tree.ts";
import { collect, listTree } from "./list-tree.ts";

const codeOf = (error: unknown): string => (isPvError(error) ? error.code : String(error));

describe("files", () => {
  it("takes every kind, with the modes that are usual", async () => {
    const tree = files({
      "/abs/text": "t",
      "./dot/bytes": new Uint8Array([1]),
      "blob//x": new Blob(["b"]),
      "dir/": { mode: 0o700 },
      link: { symlink: "../x" },
      hard: { hardlink: "/abs/text" },
      null: { device: ["char", 1, 3], mode: 0o666 },
      pipe: { special: "fifo", uid: 3, gid: 4, mtimeSeconds: 5, xattrs: { "user.a": utf8("b") } },
      empty: {},
    });
    expect(await listTree(tree, true)).toEqual([
      "directory abs @755 0:0 0 ",
      'file abs/text = "t" @644 0:0 0 ',
      "directory dot @755 0:0 0 ",
      'file dot/bytes = "\\u0001" @644 0:0 0 ',
      "directory blob @755 0:0 0 ",
      'file blob/x = "b" @644 0:0 0 ',
      "directory dir @700 0:0 0 ",
      "symlink link -> ../x @777 0:0 0 ",
      "char null 1:3 @666 0:0 0 ",
      "fifo pipe @644 3:4 5 user.a=62",
      'file empty = "" @644 0:0 0 ',
      "hardlink hard -> abs/text @644 0:0 0 ",
    ]);
    expect(await listTree(tree)).toEqual(await listTree(tree));
  });
  it("puts a folder before what is in it, wherever it is named", async () => {
    expect(await listTree(files({ "a/b": "", "a/": { mode: 0o700 }, "/": { mode: 0o711 } }), true)).toEqual([
      "directory a @700 0:0 0 ",
      'file a/b = "" @644 0:0 0 ',
      "directory . @711 0:0 0 ",
    ]);
  });
  it("refuses what leaves the tree or makes none", () => {
    expect(() => files({ "../x": "" })).toThrow(expect.objectContaining({ code: "PATH_UNSAFE" }));
    expect(() => files({ a: "", h: { hardlink: "../a" } })).toThrow(expect.objectContaining({ code: "PATH_UNSAFE" }));
    expect(() => files({ a: "", "a/b": "" })).toThrow(expect.objectContaining({ code: "TREE_INVALID" }));
    expect(() => files({ h: { hardlink: "nothing" } })).toThrow(expect.objectContaining({ code: "TREE_INVALID" }));
    expect(() => files({ "d/": {}, h: { hardlink: "d" } })).toThrow(expect.objectContaining({ code: "TREE_INVALID" }));
    expect(() => files({ "a/b": "", "a//b": "" })).toThrow(TypeError);
    expect(() => files({ "a/": { content: "" } })).toThrow(TypeError);
    expect(() => files({ a: { content: "", symlink: "b" } })).toThrow(TypeError);
  });
});

describe("cleanPath", () => {
  it("agrees with a plain reading of the rule", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "..", ".", "", "...", "a.", ".b"), { maxLength: 5 }), (parts) => {
        const path = parts.join("/");
        const kept = parts.filter((part) => part !== "" && part !== ".");
        const unsafe = path.startsWith("/") || parts.includes("..");
        expect(cleanPath(path)).toBe(unsafe ? undefined : kept.join("/"));
      }),
      { numRuns: 2000, seed: 1 },
    );
    expect(cleanPath("a\0b")).toBeUndefined();
  });
});

describe("comparePaths", () => {
  const character = fc.constantFrom(
    "a",
    "b",
    "/",
    ".",
    "\x01",
    "é",
    "\uffff",
    "\u{1f600}",
    "\u{10ffff}",
    "\udc80",
    "\udcff",
    "\ud7ff",
  );
  it("orders as the bytes of the names do, a slash first", () => {
    const path = fc.array(character, { maxLength: 6 }).map((parts) => parts.join(""));
    const bytes = (text: string): Buffer => Buffer.from(encodePath(text).map((byte) => (byte === 0x2f ? 0 : byte)));
    fc.assert(
      fc.property(path, path, (a, b) => {
        expect(Math.sign(comparePaths(a, b))).toBe(Math.sign(Buffer.compare(bytes(a), bytes(b))));
      }),
      { numRuns: 5000, seed: 2 },
    );
  });
});

describe("sortTree", () => {
  it("keeps everything, in the order of a walk, and sorting again changes nothing", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTree, async (entries) => {
        const sorted = await listTree(sortTree(treeOf(entries)), true);
        expect(await listTree(sortTree(sortTree(treeOf(entries))), true)).toEqual(sorted);
        const paths = (await collect(sortTree(treeOf(entries)))).map(({ path }) => path);
        expect(paths).toEqual(paths.toSorted(comparePaths));
        expect(new Set(paths)).toEqual(new Set(entries.map(({ path }) => path)));
        expect(await diffTrees(treeOf(entries), sortTree(treeOf(entries)))).toEqual([]);
      }),
      { numRuns: 100, seed: 4 },
    );
  });
  it("lets the last of a path count, with what is below it", async () => {
    const twice = treeOf([
      ...(await collect(files({ "a/b/c": "1", h: { hardlink: "a/b/c" } }))),
      ...(await collect(files({ a: "now a file", late: "" }))),
    ]);
    expect(await listTree(sortTree(twice))).toEqual(['file a = "now a file"', 'file h = "1"', 'file late = ""']);
  });
  it.each([
    [
      "below a file",
      [
        ["f", "file"],
        ["f/x", "file"],
      ],
      "TREE_INVALID",
    ],
    [
      "a link to what comes later",
      [
        ["h", "hardlink"],
        ["f", "file"],
      ],
      "TREE_INVALID",
    ],
    ["a root that is a file", [["", "file"]], "TREE_INVALID"],
    ["..", [["../x", "file"]], "PATH_UNSAFE"],
    ["an absolute path", [["/x", "file"]], "PATH_UNSAFE"],
    ["a slash at the end", [["x/", "directory"]], "PATH_UNSAFE"],
  ] as const)("refuses %s", async (_what, list, code) => {
    const entries = list.map(([path, kind]): TreeEntry => {
      const base = { path, mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0 };
      if (kind === "hardlink") return { ...base, kind, target: "f" };
      if (kind === "directory") return { ...base, kind };
      return { ...base, kind, sizeBytes: 0, open: () => contentStream(new Uint8Array(0)) };
    });
    expect(await listTree(sortTree(treeOf(entries))).catch(codeOf)).toBe(code);
  });
});

describe("diffTrees", () => {
  const before = files({
    "same/": {},
    "same/file": "equal",
    "changed/text": "old",
    "changed/longer": "1",
    mode: { content: "", mode: 0o600 },
    owner: { content: "", uid: 1 },
    time: { content: "", mtimeSeconds: 10 },
    link: { symlink: "a" },
    caps: { content: "", xattrs: { "security.capability": utf8("1") } },
    kind: "1234",
    device: { device: ["char", 1, 3] },
    gone: "12345",
  });
  const after = files({
    "same/": {},
    "same/file": "equal",
    "changed/text": "new",
    "changed/longer": "12345",
    mode: { content: "", mode: 0o644 },
    owner: { content: "", uid: 2 },
    time: { content: "", mtimeSeconds: 11 },
    link: { symlink: "b" },
    caps: { content: "", xattrs: { "security.capability": utf8("2") } },
    kind: { symlink: "x" },
    device: { device: ["char", 1, 5] },
    "new/file": "123",
  });
  const expected = [
    "changed caps xattrs 0",
    "changed changed/longer content 4",
    "changed changed/text content 0",
    "changed device kind 0",
    "removed gone  -5",
    "changed kind kind+mode -4",
    "changed link target 0",
    "changed mode mode 0",
    "added new  0",
    "added new/file  3",
    "changed owner owner 0",
    "changed time time 0",
  ];
  const said = async (...trees: Parameters<typeof diffTrees>): Promise<string[]> =>
    (await diffTrees(...trees)).map(
      ({ change, path, aspects, deltaBytes }) => `${change} ${path} ${aspects.join("+")} ${deltaBytes}`,
    );

  it("names every aspect", async () => {
    expect(await said(before, after)).toEqual(expected);
    const [first] = await diffTrees(before, after);
    expect(first).toMatchObject({ before: { path: "caps" }, after: { path: "caps" } });
  });
  it("works on compressed archives, which are read again, and on streams, which cannot be", async () => {
    const pack = async (tree: typeof before): Promise<Uint8Array<ArrayBuffer>> =>
      readBytes(gzip(contentChunks(writeTar(tree))));
    const [a, b] = [await pack(before), await pack(after)];
    // In an archive every folder is described, so nothing else changes.
    expect(await said(readTar(a), readTar(b))).toEqual(expected);
    expect(await said(readTar(contentChunks(a)), readTar(contentChunks(b)))).toEqual(expected);
    expect(await said(readTar(contentChunks(a)), after)).toEqual(expected);
    const generator = (async function* () {
      yield* before;
    })();
    expect(await said(generator, after)).toEqual(expected);
  });
  it("goes by keys where they agree, and by bytes where they do not", async () => {
    let opened = 0;
    const keyed = (key: string, text: string): ReturnType<typeof treeOf> =>
      treeOf([
        {
          path: "f",
          kind: "file",
          mode: 0,
          uid: 0,
          gid: 0,
          mtimeSeconds: 0,
          sizeBytes: 4,
          open: () => {
            opened++;
            return contentStream(utf8(text));
          },
          contentKey: async () => key,
        },
      ]);
    expect(await said(keyed("k", "1234"), keyed("k", "1234"))).toEqual([]);
    expect(opened).toBe(0);
    expect(await said(keyed("k", "1234"), keyed("l", "1234"))).toEqual([]);
    expect(await said(keyed("k", "1234"), keyed("l", "1235"))).toEqual(["changed f content 0"]);
    expect(opened).toBeGreaterThan(0);
  });
  it("does not mind which name of a file is the link, only which names share it", async () => {
    const one = files({ a: "x", b: { hardlink: "a" } });
    const two = treeOf([
      ...(await collect(files({ b: "x" }))),
      { path: "a", kind: "hardlink", target: "b", mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0 },
    ]);
    expect(await said(one, two)).toEqual([]);
    expect(await said(one, files({ a: "x", b: "x" }))).toEqual(["changed b target 1"]);
    expect(await said(one, files({ b: "x" }))).toEqual(["removed a  -1", "changed b target 1"]);
  });
  it("finds no attributes in folders that are only implied", async () => {
    expect(await said(files({ "d/x": "" }), files({ "d/": { mode: 0o700 }, "d/x": "" }))).toEqual([]);
  });
  it("finds nothing between a tree and itself, and mirrors when turned round", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTree, arbitraryTree, async (a, b) => {
        expect(await diffTrees(treeOf(a), treeOf(a))).toEqual([]);
        const there = await diffTrees(treeOf(a), treeOf(b));
        const back = await diffTrees(treeOf(b), treeOf(a));
        expect(back.map(({ path, deltaBytes }) => [path, -deltaBytes || 0])).toEqual(
          there.map(({ path, deltaBytes }) => [path, deltaBytes || 0]),
        );
      }),
      { numRuns: 60, seed: 9 },
    );
  });
  it("stops when told to, with the reason", async () => {
    const reason = new Error("enough");
    await expect(diffTrees(before, after, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
