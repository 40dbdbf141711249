import { describe, expect, it } from "vitest";
import { type Progress, readBytes } from "../../src/core/index.ts";
import { memoryStore, sha256 } from "../../src/objects/index.ts";
import { createPart } from "../../src/revision/index.ts";
import { formatState } from "../../src/state/index.ts";
import { files, readTar, type Tree, type TreeEntry, writeTar } from "../../src/tree/index.ts";

const id = "a".repeat(64);

async function* entries(...list: readonly Partial<TreeEntry>[]): AsyncGenerator<TreeEntry> {
  for (const entry of list) yield { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0, ...entry } as TreeEntry;
}
const failure = (tree: Tree, name = "web"): Promise<unknown> =>
  createPart(name, tree).then(
    () => "nothing thrown",
    (error: unknown) => error,
  );

describe("createPart", () => {
  it("makes documents of .json files and objects of all others", async () => {
    const tree = files({
      "run.json": '{"b": 1.50, "a": 12345678901234567890}',
      "n.json": " 9007199254740993 ",
      "d.json/e.bin": "x",
      "big.JSON": "{}",
      empty: "",
      "config/": {},
    });
    const { state, objects } = await createPart("web", tree);
    expect(formatState(state)).toBe(
      `{"#spec":"pantavisor-service-system@1","web/big.JSON":"${await sha256("{}")}","web/d.json/e.bin":"${await sha256("x")}","web/empty":"${await sha256("")}","web/n.json":9007199254740993,"web/run.json":{"a":12345678901234567890,"b":1.5E0}}`,
    );
    expect(new TextDecoder().decode(await readBytes(objects.get(await sha256("x"))))).toBe("x");
  });

  it("takes a tree that can be read once, and puts objects where it is told", async () => {
    const store = memoryStore();
    const seen: Progress[] = [];
    const tar = readTar(writeTar(files({ "root.squashfs": "r".repeat(5000), "run.json": "{}" })));
    const part = await createPart("_config/web", tar, { store, onProgress: (progress) => seen.push(progress) });
    expect(part.objects).toBe(store);
    expect(Object.keys(part.state)).toEqual(["#spec", "_config/web/run.json", "_config/web/root.squashfs"]);
    expect(seen.at(-1)).toMatchObject({ task: "read", subject: "_config/web", done: 5002, total: 5002 });
  });

  it("follows links inside the tree", async () => {
    const { state } = await createPart(
      "web",
      files({
        "a/real": "text",
        "data.bin": "[1]",
        "run.json": "{}",
        "a/link": { symlink: "./real" },
        up: { symlink: "a/../a/link" },
        hard: { hardlink: "a/real" },
        "link.json": { symlink: "data.bin" },
        plain: { symlink: "run.json" },
      }),
    );
    const text = await sha256("text");
    expect(state).toMatchObject({
      "web/a/link": text,
      "web/up": text,
      "web/hard": text,
      "web/link.json": [1],
      "web/plain": await sha256("{}"),
    });
  });

  it.each<[name: string, target: string]>([
    ["to nothing", "nowhere"],
    ["out of the tree", "../../etc/passwd"],
    ["to an absolute path", "/etc/passwd"],
    ["to a folder", "a"],
    ["to itself", "link"],
    ["in a circle", "other"],
  ])("refuses a link %s", async (_, target) => {
    const tree = files({ "a/x": "", link: { symlink: target }, other: { symlink: "link" } });
    expect(await failure(tree)).toMatchObject({ code: "TREE_INVALID" });
  });

  it.each<[name: string, text: string | Uint8Array]>([
    ["no JSON", "{"],
    ["nothing", ""],
    ["two values", "1,2"],
    ["a value that would end the state's", '1,"b":2'],
    ["null, which reads as removed", "null"],
    ["an object's id", JSON.stringify(id)],
    ["an object's id in capitals", JSON.stringify(id.toUpperCase())],
    ["a byte-order mark", "\ufeff{}"],
  ])("refuses a .json file that holds %s", async (_, content) => {
    const error = await failure(files({ "x.json": content }));
    expect(error).toMatchObject({ code: "TREE_INVALID", data: { path: "web/x.json" } });
    expect((error as Error).message).toMatch(/^web\/x\.json: /);
  });

  it("refuses what a state cannot hold", async () => {
    expect(await failure(entries({ path: "dev", kind: "char", major: 1, minor: 3 }))).toMatchObject({
      code: "TREE_INVALID",
    });
    expect(await failure(entries({ path: "fifo", kind: "fifo" }))).toMatchObject({ code: "TREE_INVALID" });
    expect(await failure(files({ "bad\udcff": "x" }))).toMatchObject({ code: "TREE_INVALID" });
    const open = (): never => files({ x: "" }) as never;
    for (const path of ["../x", "a/../x", "a//b", "/x", "."]) {
      expect(await failure(entries({ path, kind: "file", sizeBytes: 0, open }))).toMatchObject({ code: "PATH_UNSAFE" });
    }
    for (const name of ["", "..", "a/../b", "/web", "web/"]) {
      expect(await failure(files({ x: "" }), name)).toMatchObject({ code: "PATH_UNSAFE" });
    }
  });

  it("stops when told, and when the store is full", async () => {
    const tree = files({ x: "text" });
    await expect(createPart("web", tree, { signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
    await expect(createPart("web", tree, { store: memoryStore({ maxBytes: 1 }) })).rejects.toMatchObject({
      code: "STORE_FULL",
    });
  });
});
