import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPvError, readBytes } from "../../src/core/index.ts";
import { contentChunks, contentStream, utf8 } from "../../src/core/internal.ts";
import { files, mapTree, overlay, readTar, type Tree, type TreeEntry, writeTar } from "../../src/tree/index.ts";
import { collectTree } from "../../src/tree/internal.ts";
import { treeOf } from "./arbitrary-tree.ts";
import { listTree } from "./list-tree.ts";

/** What a file system holds after a tree, links resolved: path, kind, content, attributes, and the names that share it. */
async function settle(tree: Tree): Promise<Record<string, string>> {
  const contents = new Map<TreeEntry, string>();
  const nodes = await collectTree(tree, async (entry) => {
    if (entry.kind === "file") contents.set(entry, Buffer.from(await readBytes(entry.open())).toString());
  });
  return state(
    new Map([...nodes].map(([path, node]) => [path, node])),
    (node) => `${node.entry.kind} ${contents.get(node.entry) ?? ""} ${node.entry.mode}`,
  );
}

function state<T>(nodes: ReadonlyMap<string, T>, say: (node: T) => string): Record<string, string> {
  const names = new Map<T, string[]>();
  for (const [path, node] of nodes) names.set(node, [...(names.get(node) ?? []), path]);
  return Object.fromEntries(
    [...nodes].map(([path, node]) => [path, `${say(node)} ${names.get(node)!.toSorted().join("=")}`]).toSorted(),
  );
}

interface Item {
  path: string;
  kind: "file" | "directory" | "symlink" | "hardlink" | "whiteout" | "opaque";
  mode: number;
  text: string;
  target: string;
}

interface Inode {
  kind: string;
  mode: number;
  text: string;
}

const base = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const folder = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
const join = (above: string, name: string): string => (above === "" ? name : `${above}/${name}`);

/** OCI's words done one after the other on a table of paths: what `overlay` must agree with. */
function applyLayers(layers: readonly (readonly Item[])[]): Map<string, Inode> | string {
  const disk = new Map<string, Inode>();
  const drop = (path: string, itself: boolean): void => {
    for (const name of disk.keys())
      if ((itself && name === path) || path === "" || name.startsWith(`${path}/`)) disk.delete(name);
  };
  for (const layer of layers) {
    for (const { kind, path } of layer) {
      if (kind === "whiteout") drop(path, true);
      if (kind === "opaque") drop(path, false);
    }
    const own = new Set<string>();
    for (const item of layer) {
      const { path, kind, mode, text, target } = item;
      const marker = kind === "whiteout" || kind === "opaque";
      // A marker is in a folder, too.
      const parts = kind === "opaque" ? `${path}/x`.split("/") : path.split("/");
      for (let count = 1; count < parts.length; count++) {
        const above = parts.slice(0, count).join("/");
        const inode = disk.get(above);
        if (inode?.kind === "directory") continue;
        if (own.has(above)) return "TREE_INVALID";
        disk.set(above, { kind: "directory", mode: 0o755, text: "" });
        own.add(above);
      }
      if (marker) continue;
      const before = disk.get(path);
      if (kind === "hardlink") {
        const found = disk.get(target);
        // Only a link that is still there in the end must lead somewhere.
        const linked = found && found.kind !== "directory" ? found : { kind: "nothing", mode: 0, text: "" };
        if (before?.kind === "directory") drop(path, true);
        disk.set(path, linked);
      } else if (kind === "directory" && before?.kind === "directory") {
        disk.set(path, { kind, mode, text: "" });
      } else {
        drop(path, true);
        disk.set(path, { kind, mode, text: kind === "directory" ? "" : text });
      }
      own.add(path);
    }
  }
  return [...disk.values()].some(({ kind }) => kind === "nothing") ? "TREE_INVALID" : disk;
}

function layerOf(items: readonly Item[]): Tree {
  return treeOf(
    items.map(({ path, kind, mode, text, target }): TreeEntry => {
      const entry = { path, mode, uid: 0, gid: 0, mtimeSeconds: 0 };
      const marker = (name: string): TreeEntry => ({
        ...entry,
        path: name,
        kind: "file",
        sizeBytes: 0,
        open: () => contentStream(new Uint8Array(0)),
      });
      if (kind === "whiteout") return marker(join(folder(path), `.wh.${base(path)}`));
      if (kind === "opaque") return marker(join(path, ".wh..wh..opq"));
      if (kind === "hardlink") return { ...entry, kind, target };
      if (kind === "symlink") return { ...entry, kind, target: text };
      if (kind === "directory") return { ...entry, kind };
      return { ...entry, kind, sizeBytes: text.length, open: () => contentStream(utf8(text)) };
    }),
  );
}

/** As a registry gives it: compressed, read in order, but again if need be. */
async function streamed(tree: Tree): Promise<Tree> {
  return readTar(new Uint8Array(gzipSync(await readBytes(writeTar(tree)), { level: 1 })));
}

const name = fc.constantFrom("a", "b", "c");
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
const item: fc.Arbitrary<Item> = fc.record({
  path,
  kind: fc.constantFrom(
    "file",
    "file",
    "directory",
    "directory",
    "symlink",
    "hardlink",
    "hardlink",
    "whiteout",
    "opaque",
  ),
  mode: fc.constantFrom(0o644, 0o700, 0o750),
  text: fc.constantFrom("1", "22", "333"),
  target: path,
});

/** A layer as tools write it: each path once, nothing below a file, links to what is there or in a lower layer. */
function sound(items: readonly Item[]): Item[] {
  const kinds = new Map<string, string>();
  return items.filter(({ path: at, kind, target }, index) => {
    const inside = kind === "opaque" ? `${at}/x` : at;
    for (let above = folder(inside); above !== ""; above = folder(above)) {
      if (kinds.has(above) && kinds.get(above) !== "directory") return false;
      kinds.set(above, "directory");
    }
    if (kind === "whiteout" || kind === "opaque") return true;
    // A link comes after its file.
    if (kind === "hardlink" && items.slice(index).some((later) => later.path === target)) return false;
    if (kinds.has(at) || (kind === "hardlink" && (target === at || target.startsWith(`${at}/`)))) return false;
    kinds.set(at, kind);
    return true;
  });
}

describe("overlay", () => {
  it("agrees with a file system to which one layer after the other is applied", async () => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(item, { maxLength: 7 }), { minLength: 1, maxLength: 4 }), async (drawn) => {
        const layers = drawn.map(sound);
        const expected = applyLayers(layers);
        const merged = overlay(...(await Promise.all(layers.map((layer) => streamed(layerOf(layer))))));
        const actual = await settle(merged).catch((error: unknown) => (isPvError(error) ? error.code : error));
        if (typeof expected === "string") {
          expect(actual).toBe(expected);
          return;
        }
        accepted++;
        const wanted = state(expected, ({ kind, text, mode }) => `${kind} ${kind === "file" ? text : ""} ${mode}`);
        expect(actual).toEqual(wanted);
      }),
      { numRuns: 1500, seed: 77 },
    );
    expect(accepted).toBeGreaterThan(500);
  });

  it("reads each layer once and in order, unless a link needs more", async () => {
    const reads = [0, 0, 0];
    const counted = (tree: Tree, at: number): Tree => ({
      async *[Symbol.asyncIterator]() {
        reads[at]!++;
        yield* tree;
      },
    });
    const layers = [files({ a: "1", b: "2", c: { hardlink: "b" } }), files({ a: "3" }), files({ "d/e": "4" })];
    await settle(overlay(...layers.map(counted)));
    expect(reads).toEqual([1, 1, 1]);
    await settle(overlay(...[files({ a: "1", z: { hardlink: "a" } }), files({ a: "3" }), files({})].map(counted)));
    expect(reads).toEqual([3, 2, 2]);
  });

  it("keeps a link's content across layers, with the attributes of the file", async () => {
    const lower = await streamed(files({ "bin/busybox": { content: "BB", mode: 0o755, uid: 7 } }));
    const middle = await streamed(treeOf([link("bin/ls", "bin/busybox"), link("bin/sh", "bin/busybox")]));
    const top = await streamed(files({ "bin/.wh.busybox": "" }));
    const merged = await listTree(overlay(lower, middle, top), true);
    expect(merged.filter((line) => !line.startsWith("directory"))).toEqual([
      'file bin/ls = "BB" @755 7:0 0 ',
      "hardlink bin/sh -> bin/ls @0 0:0 0 ",
    ]);
  });

  it("says which link has lost its file", async () => {
    const lower = files({ f: "1" });
    const middle = treeOf([...(await entries(files({ ".wh.f": "" }))), link("g", "f")]);
    await expect(settle(overlay(lower, middle))).rejects.toMatchObject({ code: "TREE_INVALID", data: { path: "g" } });
    await expect(settle(overlay(files({}), treeOf([link("g", "f")])))).rejects.toMatchObject({ code: "TREE_INVALID" });
    const folders = overlay(files({ "f/": {} }), treeOf([link("g", "f")]));
    await expect(settle(folders)).rejects.toMatchObject({ code: "TREE_INVALID" });
  });

  it("cannot read a stream twice for a link, and says so", async () => {
    const lower = files({ a: "1", z: { hardlink: "a" } });
    const once = readTar(contentChunks(await readBytes(writeTar(lower))));
    await expect(settle(overlay(once, files({ a: "2" })))).rejects.toMatchObject({ code: "TREE_CONSUMED" });
    const generator = (async function* () {
      yield* lower;
    })();
    await expect(settle(overlay(generator, files({ a: "2" })))).rejects.toMatchObject({ code: "TREE_CONSUMED" });
  });

  it("takes only OCI's names for whiteouts", async () => {
    const lower = files({ shopq: "keep", "d/x": "1", "a.wh.b": "2", ".wh": "3" });
    const top = files({ ".wh.opq": "", "d/.wh..wh.plnk": "", "d/.wh..wh.aufs": "" });
    expect(Object.keys(await settle(overlay(lower, top)))).toEqual([".wh", "a.wh.b", "d", "d/x", "shopq"]);
    await expect(settle(overlay(lower, files({ "d/.wh.": "" })))).rejects.toMatchObject({ code: "TREE_INVALID" });
    await expect(settle(overlay(lower, files({ "d/.wh...": "" })))).rejects.toMatchObject({ code: "TREE_INVALID" });
  });

  it("lets a lower layer describe a folder that a higher one only implies", async () => {
    const lower = files({ "tmp/": { mode: 0o1777 }, "tmp/x": "" });
    expect((await settle(overlay(lower, files({ "tmp/y": "" }))))["tmp"]).toBe(`directory  ${0o1777} tmp`);
    expect((await settle(overlay(lower, files({ "tmp/": { mode: 0o700 } }))))["tmp"]).toBe(`directory  ${0o700} tmp`);
    expect((await settle(overlay(lower, files({ ".wh.tmp": "", "tmp/y": "" }))))["tmp"]).toBe(
      `directory  ${0o755} tmp`,
    );
  });

  it("empties a root that is opaque", async () => {
    expect(await settle(overlay(files({ "a/b": "" }), files({ ".wh..wh..opq": "", c: "1" })))).toEqual({
      c: `file 1 ${0o644} c`,
    });
  });

  it("takes paths of any depth, also where no folder above is given", async () => {
    const deep = (name: string): Tree => ({
      async *[Symbol.asyncIterator]() {
        const path = `${"d/".repeat(20_000)}${name}`;
        yield { kind: "fifo", path, mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0 } as const;
      },
    });
    let last = "";
    for await (const { path } of overlay(deep("low"), deep("high"))) last = path;
    expect(last.endsWith("d/low")).toBe(true);
  });

  it.each(["a chain", "a star"])("takes 50,000 hard links in %s, within a layer and across", async (shape) => {
    const common = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0 };
    const target = (at: number): string => (at === 0 || shape === "a star" ? "file" : `link${at - 1}`);
    const links: Tree = {
      async *[Symbol.asyncIterator]() {
        for (let at = 0; at < 50_000; at++)
          yield { ...common, kind: "hardlink", path: `link${at}`, target: target(at) } as const;
      },
    };
    const low = files({ "/file": "x" });
    const one: Tree = {
      async *[Symbol.asyncIterator]() {
        yield* low;
        yield* links;
      },
    };
    for (const trees of [[one], [low, links]]) {
      let count = 0;
      for await (const entry of overlay(...trees)) if (entry.kind === "hardlink" && entry.target === "file") count++;
      expect(count).toBe(50_000);
    }
  });

  it("is nothing without trees, and can be read again", async () => {
    expect(await listTree(overlay())).toEqual([]);
    const merged = overlay(files({ a: "1" }), files({ b: "2" }));
    expect(await listTree(merged)).toEqual(await listTree(merged));
  });
});

function link(at: string, target: string): TreeEntry {
  return { kind: "hardlink", path: at, target, mode: 0, uid: 0, gid: 0, mtimeSeconds: 0 };
}

async function entries(tree: Tree): Promise<TreeEntry[]> {
  const found: TreeEntry[] = [];
  for await (const entry of tree) found.push(entry);
  return found;
}

describe("mapTree", () => {
  it("drops what is below a dropped folder, without asking", async () => {
    const asked: string[] = [];
    const tree = mapTree(files({ "a/b/c": "", "a/bc": "", "d/": {} }), (entry) => {
      asked.push(entry.path);
      return entry.path === "a/b" ? undefined : entry;
    });
    expect(await listTree(tree)).toEqual(["directory a", 'file a/bc = ""', "directory d"]);
    expect(asked).toEqual(["a", "a/b", "a/bc", "d"]);
  });

  it("lets hard links follow a file that is renamed, and take the place of one that is dropped", async () => {
    const tree = await streamed(
      files({
        "x/f": { content: "F", mode: 0o750 },
        "y/g": "G",
        l1: { hardlink: "x/f" },
        l2: { hardlink: "x/f" },
        l3: { hardlink: "y/g" },
      }),
    );
    const renamed = mapTree(tree, (entry) => (entry.path === "x/f" ? { ...entry, path: "x/new" } : entry));
    expect((await listTree(renamed)).filter((line) => line.startsWith("hard"))).toEqual([
      "hardlink l1 -> x/new",
      "hardlink l2 -> x/new",
      "hardlink l3 -> y/g",
    ]);
    const dropped = mapTree(tree, (entry) => (entry.path === "x" ? undefined : { ...entry, uid: 9 }));
    expect(await listTree(dropped, true)).toEqual([
      "directory y @755 9:0 0 ",
      'file y/g = "G" @644 9:0 0 ',
      "hardlink l3 -> y/g @644 9:0 0 ",
      'file l1 = "F" @750 9:0 0 ',
      "hardlink l2 -> l1 @644 9:0 0 ",
    ]);
    expect(await listTree(dropped)).toEqual(await listTree(dropped));
  });

  it("passes a drop of links on, whole chains of them", async () => {
    const chain = treeOf([...(await entries(files({ f: "F" }))), link("l", "f"), link("m", "l"), link("n", "m")]);
    const all = mapTree(chain, ({ path: at, ...entry }) =>
      at === "n" ? ({ path: at, ...entry } as TreeEntry) : undefined,
    );
    expect(await listTree(all)).toEqual(['file n = "F"']);
    expect(await listTree(mapTree(chain, () => undefined))).toEqual([]);
  });

  it("cannot bring back what a stream has given", async () => {
    const archive = await readBytes(writeTar(files({ f: "F", l: { hardlink: "f" } })));
    const tree = mapTree(readTar(contentChunks(archive)), (entry) => (entry.path === "f" ? undefined : entry));
    await expect(listTree(tree)).rejects.toMatchObject({ code: "TREE_CONSUMED" });
  });

  it("keeps a folder implied that it only passes on changed", async () => {
    const lower = files({ "tmp/": { mode: 0o1777 } });
    const top = mapTree(files({ "tmp/x": "" }), (entry) => ({ ...entry, mtimeSeconds: 5 }));
    expect((await settle(overlay(lower, top)))["tmp"]).toBe(`directory  ${0o1777} tmp`);
  });
});
