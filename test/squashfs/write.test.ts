import { describe, expect, it } from "vitest";
import { encodePath, memorySink } from "../../src/core/index.ts";
import { sha256 } from "../../src/objects/index.ts";
import { files, type TreeEntry } from "../../src/tree/index.ts";
import { openSquashfs, writeSquashfs } from "../../src/wasm-squashfs/index.ts";
import {
  directory,
  file,
  hardlink,
  link,
  noise,
  pack,
  prose,
  randomFrom,
  treeOf,
  unpackImage,
} from "./write-helpers.ts";

const BLOCK = 131072;

describe("writeSquashfs", () => {
  it("keeps every kind of entry with all that belongs to it", async () => {
    const traits = { mode: 0o4751, uid: 1000, gid: 4_294_967_294, mtimeSeconds: 1_700_000_000 };
    const xattrs = { "security.capability": noise(20), "user.empty": new Uint8Array(0), "trusted.long": noise(5000) };
    const entries: TreeEntry[] = [
      directory("", { mode: 0o711, uid: 7, gid: 8, mtimeSeconds: 9 }),
      directory("d", { ...traits, mode: 0o1777, xattrs }),
      file("d/file", "content", { ...traits, xattrs }),
      hardlink("d/again", "d/file"),
      { ...traits, path: "fifo", kind: "fifo", xattrs },
      { ...traits, path: "socket", kind: "socket", xattrs },
      { ...traits, path: "char", kind: "char", major: 4095, minor: 1_048_575, xattrs },
      { ...traits, path: "block", kind: "block", major: 8, minor: 257 },
      { ...traits, mode: 0o777, path: "link", kind: "symlink", target: "d/file", xattrs },
      hardlink("link2", "link"),
      hardlink("fifo2", "fifo"),
    ];
    const { image, result } = await pack(treeOf(...entries));
    expect(result).toEqual({ sizeBytes: image.length, entries: 10, reusedBytes: 0, sha256: await sha256(image) });
    const seen = await unpackImage(image);
    for (const entry of entries) {
      const found = seen.get(entry.path)!;
      if (entry.kind === "hardlink") {
        const [first, second] = [entry.path, entry.target].toSorted();
        expect(seen.get(second!)).toMatchObject({ kind: "hardlink", target: first });
        continue;
      }
      if (found.kind === "hardlink") continue;
      const { open: _, ...expected } = entry as TreeEntry & { open?: unknown };
      expect(found).toMatchObject(expected);
      expect(found.xattrs ?? {}).toEqual(entry.xattrs ?? {});
    }
    expect(seen.get("d/again")).toMatchObject({
      ...traits,
      kind: "file",
      content: new TextEncoder().encode("content"),
    });
  });

  it("keeps contents of every size around a block, of holes, of copies", async () => {
    const sizes = [0, 1, 4095, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 4097];
    const contents = new Map(
      sizes.flatMap((size) => [
        [`n${size}`, noise(size, size)],
        [`p${size}`, prose(size, size)],
      ]),
    );
    contents.set("copy", prose(3 * BLOCK + 4097, 3 * BLOCK + 4097));
    contents.set("zeros", new Uint8Array(5 * BLOCK + 3));
    const hole = new Uint8Array(4 * BLOCK);
    hole.set(noise(100), BLOCK + 5);
    contents.set("hole", hole);
    const { image } = await pack(treeOf(...[...contents].map(([path, bytes]) => file(path, bytes))));
    const seen = await unpackImage(image);
    for (const [path, bytes] of contents) expect(seen.get(path)!.content).toEqual(bytes);
  });

  it("gives the same bytes again, however content is cut and attributes are ordered", async () => {
    const make = (piece: number, names: readonly string[]): ReturnType<typeof pack> => {
      const xattrs = Object.fromEntries(names.map((name) => [name, encodePath(name)]));
      const big = file("big", prose(500_000), {}, piece);
      return pack(treeOf(big, file("small", prose(1000), { xattrs }, piece), directory("z")));
    };
    const first = await make(1000, ["user.a", "user.b", "security.c"]);
    const second = await make(123_457, ["security.c", "user.b", "user.a"]);
    expect(second.image).toEqual(first.image);
  });

  it("stores equal contents once, small and large, also where the later file comes with a tail", async () => {
    const [small, large] = [noise(30_000, 1), noise(3 * BLOCK + 500, 2)];
    const once = await pack(treeOf(file("a", small), file("b", large)));
    const copies = [file("a", small), file("b", large), file("c", large), file("d", small), file("e", large)];
    const thrice = await pack(treeOf(...copies, file("f", noise(2 * BLOCK, 3)), file("g", large)));
    const more = await pack(treeOf(file("a", small), file("b", large), file("f", noise(2 * BLOCK, 3))));
    expect(thrice.image.length - more.image.length).toBeLessThanOrEqual(4096);
    expect(more.image.length).toBeGreaterThan(once.image.length + 2 * BLOCK - 4096);
    const seen = await unpackImage(thrice.image);
    for (const path of ["b", "c", "e", "g"]) expect(seen.get(path)!.content).toEqual(large);
    expect(seen.get("f")!.content).toEqual(noise(2 * BLOCK, 3));
  });

  it("cuts off what a copy at the end had already written", async () => {
    const large = noise(40 * BLOCK, 5);
    const once = await pack(treeOf(file("a", large)));
    const twice = await pack(treeOf(file("a", large), file("b", large)));
    expect(twice.image.length).toBe(once.image.length);
    expect((await unpackImage(twice.image)).get("b")!.content).toEqual(large);
  });

  it("sorts names by their bytes, not by UTF-16", async () => {
    const names = [
      "\u{1F600}",
      "\uFF5E",
      "a.",
      "a-",
      "a",
      "aa",
      "A",
      "\udcff",
      "\udc80x",
      "\u00e9",
      "e\u0301",
      "-",
      "~",
    ];
    const { image } = await pack(treeOf(...names.map((name) => file(name, name))));
    const seen = [...(await unpackImage(image)).keys()].slice(1);
    const sorted = names.toSorted((a, b) => Buffer.compare(encodePath(a), encodePath(b)));
    expect(seen).toEqual(sorted);
    await using opened = await openSquashfs(image);
    for (const name of names) expect(await opened.find(name)).toMatchObject({ path: name });
  });

  it("makes parents that nobody named, and takes the entry of a folder after its files", async () => {
    const entries = [file("a/b/c", "1"), directory("late/x", { mode: 0o700 }), directory("a", { mode: 0o711, uid: 3 })];
    const { image, view } = await pack(treeOf(...entries), { mtimeSeconds: 99 });
    const seen = await unpackImage(image);
    expect(view.getUint32(8, true)).toBe(99);
    expect(seen.get("")).toMatchObject({ mode: 0o755, uid: 0, gid: 0, mtimeSeconds: 99 });
    expect(seen.get("a")).toMatchObject({ mode: 0o711, uid: 3, mtimeSeconds: 0 });
    expect(seen.get("a/b")).toMatchObject({ kind: "directory", mode: 0o755, mtimeSeconds: 99 });
    expect(seen.get("late")).toMatchObject({ kind: "directory", mtimeSeconds: 99 });
    expect(seen.get("a/b/c")!.content).toEqual(new TextEncoder().encode("1"));
  });

  it("lets the last of two entries win, while links keep what they were made to", async () => {
    const { image, result } = await pack(
      treeOf(
        file("x", "old", { mtimeSeconds: 1 }),
        hardlink("kept", "x"),
        file("x", "newer", { mtimeSeconds: 2 }),
        hardlink("later", "x"),
        directory("empty"),
        link("empty", "was/a/folder"),
        file("f", "file"),
        directory("f", { mode: 0o700 }),
        file("f/in", "in"),
        hardlink("self", "x"),
        hardlink("self", "self"),
      ),
    );
    const seen = await unpackImage(image);
    const text = (path: string): string => new TextDecoder().decode(seen.get(path)!.content);
    expect([...seen.keys()]).toEqual(["", "empty", "f", "f/in", "kept", "later", "self", "x"]);
    expect(result.entries).toBe(7);
    expect([text("kept"), text("later"), text("f/in")]).toEqual(["old", "newer", "in"]);
    expect(seen.get("x")).toMatchObject({ kind: "hardlink", target: "later" });
    expect(seen.get("self")).toMatchObject({ kind: "hardlink", target: "later" });
    expect(seen.get("empty")).toMatchObject({ kind: "symlink", target: "was/a/folder" });
    expect(seen.get("f")).toMatchObject({ kind: "directory", mode: 0o700 });
  });

  it("puts times outside 1970 to 2106 at the nearer end", async () => {
    const times = [-5, -0.5, 0.9, 4_294_967_295, 4_294_967_296, 1e20, Number.NaN];
    const { image } = await pack(treeOf(...times.map((mtimeSeconds, at) => file(`${at}`, "", { mtimeSeconds }))));
    const seen = await unpackImage(image);
    const kept = times.map((_, at) => seen.get(`${at}`)!.mtimeSeconds);
    expect(kept).toEqual([0, 0, 0, 4_294_967_295, 4_294_967_295, 4_294_967_295, 0]);
  });

  it("leaves out attributes that the format has no place for, and counts them", async () => {
    const xattrs = { "system.posix_acl_access": noise(28), "user.kept": noise(3), "com.apple.provenance": noise(11) };
    const { image, result } = await pack(treeOf(file("a", "a", { xattrs }), directory("d", { xattrs })));
    expect(result.droppedXattrs).toBe(4);
    const seen = await unpackImage(image);
    expect(seen.get("a")!.xattrs).toEqual({ "user.kept": xattrs["user.kept"] });
    expect((await pack(treeOf(file("a", "a")))).result).not.toHaveProperty("droppedXattrs");
  });

  it("shares sets of attributes and long values", async () => {
    const big = noise(60_000, 9);
    const many = Array.from({ length: 700 }, (_, at) =>
      file(`f${at}`, "", { xattrs: { "user.big": big, "user.n": encodePath(String(at % 600)) } }),
    );
    const { image } = await pack(treeOf(...many));
    expect(image.length).toBeLessThan(120_000);
    const seen = await unpackImage(image);
    for (let at = 0; at < 700; at += 37) {
      const entry = seen.get(`f${at}`)!;
      expect(entry.xattrs!["user.big"]).toEqual(big);
      expect(entry.xattrs!["user.n"]).toEqual(encodePath(String(at % 600)));
    }
  });

  it("writes an empty tree, and pads to 4096", async () => {
    const { image, view } = await pack(treeOf());
    expect(image.length).toBe(4096);
    expect([...(await unpackImage(image)).keys()]).toEqual([""]);
    const used = Number(view.getBigUint64(40, true));
    expect(image.subarray(used).every((byte) => byte === 0)).toBe(true);
  });

  it("has an export table only when asked, with each inode at its number", async () => {
    const tree = (): ReturnType<typeof treeOf> =>
      treeOf(...Array.from({ length: 3000 }, (_, at) => file(`d${at % 7}/${at}`, "")));
    const without = await pack(tree(), { compressor: "none" });
    expect(without.view.getBigUint64(88, true)).toBe(2n ** 64n - 1n);
    expect(without.view.getUint16(24, true) & 0x80).toBe(0);
    const { view } = await pack(tree(), { compressor: "none", exportTable: true });
    expect(view.getUint16(24, true) & 0x80).toBe(0x80);
    const [inodes, table, array] = [
      view.getUint32(4, true),
      Number(view.getBigUint64(64, true)),
      Number(view.getBigUint64(88, true)),
    ];
    expect(inodes).toBe(3008);
    // Nothing is compressed: inode references can be followed by hand, past the headers of stored blocks.
    for (let number = 1; number <= inodes; number++) {
      const block = Number(view.getBigUint64(array + Math.floor((number - 1) / 1024) * 8, true));
      const reference = view.getBigUint64(block + 2 + ((number - 1) % 1024) * 8, true);
      const inode = table + Number(reference >> 16n) + 2 + Number(reference & 0xffffn);
      const at = Number(reference & 0xffffn);
      // The number is at 12; an inode may go on in the next block.
      if (at + 16 <= 8192) expect(view.getUint32(inode + 12, true)).toBe(number);
    }
    expect(view.getBigUint64(32, true)).toBe(
      view.getBigUint64(
        Number(view.getBigUint64(array + 8 * Math.floor((inodes - 1) / 1024), true)) + 2 + ((inodes - 1) % 1024) * 8,
        true,
      ),
    );
  });

  it("gives large folders an index that every name is found through", async () => {
    const names = Array.from({ length: 9000 }, (_, at) => `${at.toString(36).padStart(4, "0")}-${"x".repeat(at % 60)}`);
    const entries = names.map((name, at) => (at % 900 === 5 ? directory(`big/${name}`) : file(`big/${name}`, "")));
    const { image } = await pack(treeOf(...entries));
    await using opened = await openSquashfs(image);
    for (let at = 0; at < names.length; at += 61) {
      expect(await opened.find(`big/${names[at]}`)).toMatchObject({ path: `big/${names[at]}` });
    }
    expect(await opened.find("big/0000-y")).toBeUndefined();
  });

  it("takes 200,000 entries", { timeout: 240_000 }, async () => {
    const random = randomFrom(42);
    const paths: string[] = [];
    async function* tree(): AsyncGenerator<TreeEntry, void, void> {
      const folders = [""];
      for (let at = 0; at < 200_000; at++) {
        const path = `${folders[random(folders.length)]}${random(2 ** 20).toString(36)}-${at}`;
        paths.push(path);
        const kind = random(100);
        if (kind < 6) {
          folders.push(`${path}/`);
          yield directory(path, { mtimeSeconds: at });
        } else if (kind < 12) yield link(path, `t${at}`);
        else if (kind < 13 && at > 1000)
          yield { ...file(path, ""), kind: "char", major: at % 4096, minor: at } as TreeEntry;
        else yield file(path, kind < 20 ? `${at}` : "", { uid: at % 500, mtimeSeconds: at });
      }
    }
    const sink = memorySink();
    const result = await writeSquashfs(tree(), sink);
    expect(result.entries).toBe(200_000);
    await using opened = await openSquashfs(sink.written);
    let count = 0;
    for await (const entry of opened) if (entry.path !== "") count++;
    expect(count).toBe(200_000);
    for (let at = 0; at < paths.length; at += 997) {
      expect(await opened.find(paths[at]!)).toMatchObject({ path: paths[at] });
    }
  });

  it("is pinned: portable images are the same bytes on every runtime and in every version", async () => {
    const tree = files({
      "etc/hostname": { content: "gateway\n", mtimeSeconds: 1_700_000_000 },
      "usr/bin/tool": { content: prose(300_000), mode: 0o755, xattrs: { "user.note": encodePath("yes") } },
      bin: { symlink: "usr/bin" },
      "dev/null": { device: ["char", 1, 3], mode: 0o666 },
    });
    const packed = await pack(tree, { portable: true });
    const stable = await pack(tree, { portable: true, fragments: "stable", level: 9, blockSizeBytes: 65536 });
    const stored = await pack(tree, { compressor: "none" });
    expect([packed, stable, stored].map(({ result }) => result.sha256)).toMatchInlineSnapshot(`
      [
        "76e71b07328a0e9f0a8f1c601a0e1b0def38daff2e373ffd8a67bbc0145d77f7",
        "0e537fb20893ec46df7cdcf52a6173bbabf8f5c852df6363e8623cba727f0dca",
        "62ef4f503acc51bb225fce3e64ce88e5c6fff62c6af4788f2cc9ad11e9a2a938",
      ]
    `);
  });
});
