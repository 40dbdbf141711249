import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { initRepository, openRepository, type Repository } from "../../src/repo/index.ts";
import { formatState } from "../../src/state/index.ts";

let folder: string;
const open: Repository[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pv-repo-"));
});
afterEach(async () => {
  for (const repository of open.splice(0)) await repository[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function put(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}
const text = (path: string): string => readFileSync(join(folder, path), "utf8");
async function init(): Promise<Repository> {
  const repository = await initRepository(folder);
  open.push(repository);
  return repository;
}
const lines = async (repository: Repository): Promise<string[]> =>
  (await repository.status()).map(({ letter, path }) => `${letter} ${path}`);
const code = (wanted: string) => expect.objectContaining({ code: wanted });

describe("a repository", () => {
  it("is what pvr's init leaves, and a second init changes nothing", async () => {
    await init();
    expect(text(".pvr/json")).toBe('{ "#spec": "pantavisor-service-system@1" }');
    expect(text(".pvr/config")).toBe(
      '{\n\t"DefaultGetUrl": "",\n\t"DefaultPutUrl": "",\n\t"DefaultPostUrl": "",\n\t"ObjectsDir": "",\n\t"AccessTokens": {},\n\t"RefreshTokens": {}\n}',
    );
    writeFileSync(join(folder, ".pvr/json"), '{"#spec":"other@1"}');
    expect((await (await init()).revision()).state["#spec"]).toBe("other@1");
  });

  it("goes through add, commit, status and checkout", async () => {
    const repository = await init();
    put("web/run.json", '{"name":"web", "n": 12345678901234567890, "d": 1.50}');
    put("web/root.squashfs", "image");
    put("other.txt", "x");
    expect(await lines(repository)).toEqual(["? other.txt", "? web/root.squashfs", "? web/run.json"]);
    await repository.add("web");
    expect(await lines(repository)).toEqual(["A web/root.squashfs", "A web/run.json", "? other.txt"]);
    const { state } = await repository.commit("hello");
    expect(text(".pvr/json")).toBe(formatState(state));
    expect(text(".pvr/json")).toContain('{"d":1.5E0,"n":12345678901234567890,"name":"web"}');
    expect(text(".pvr/commitmsg")).toBe("hello");
    expect(existsSync(join(folder, ".pvr/new"))).toBe(false);
    expect(await lines(repository)).toEqual(["? other.txt"]);
    put("web/root.squashfs", "changed");
    rmSync(join(folder, "web/run.json"));
    expect(await lines(repository)).toEqual(["D web/run.json", "C web/root.squashfs", "? other.txt"]);
    await repository.checkout();
    expect(text("web/root.squashfs")).toBe("image");
    expect(text("web/run.json")).toBe('{\n    "d": 1.5E0,\n    "n": 12345678901234567890,\n    "name": "web"\n}');
    expect(await lines(repository)).toEqual(["? other.txt"]);
    await repository.checkout(undefined, { json: "canonical" });
    expect(text("web/run.json")).toBe('{"d":1.5E0,"n":12345678901234567890,"name":"web"}');
  });

  it("keeps a number's spelling and a null out of the changes", async () => {
    const repository = await init();
    put("a.json", '{"n":1.0,"list":[1,null]}');
    await repository.add();
    await repository.commit();
    put("a.json", '{ "list": [1, null], "n": 1 }');
    expect(await lines(repository)).toEqual([]);
  });

  it("keeps .json files as objects where asked to, and then for good", async () => {
    const repository = await init();
    put("a.json", '{"x":1}');
    await repository.track(["a.json"], { raw: true });
    const { state } = await repository.commit();
    expect(state["a.json"]).toMatch(/^[0-9a-f]{64}$/);
    await repository.add("a.json");
    expect((await repository.commit()).state["a.json"]).toBe(state["a.json"]);
  });

  it("is found from a folder below, and not where there is none", async () => {
    const repository = await init();
    put("deep/er/x", "x");
    await repository.add();
    await repository.commit();
    const below = await openRepository(join(folder, "deep/er"));
    expect((await below.revision()).state["deep/er/x"]).toBeDefined();
    await expect(openRepository(tmpdir())).rejects.toThrow(code("FILE_FAILED"));
  });

  it("honours .pvrignore, and takes what is named all the same", async () => {
    const repository = await init();
    put(".pvrignore", "# build output\n*.o\n/out/\n!keep.o\n");
    for (const path of ["a.o", "b/c.o", "keep.o", "out/x", "b/out/x", "src.c"]) put(path, "x");
    await repository.add();
    expect(Object.keys((await repository.commit()).state)).toEqual(["#spec", "b/out/x", "keep.o", "src.c"]);
    expect(await lines(repository)).toEqual([]);
    await repository.add("a.o");
    expect(await lines(repository)).toEqual(["A a.o"]);
  });

  it("follows links to files, and enters no linked folder", async () => {
    const repository = await init();
    put("real/a", "a");
    symlinkSync("real/a", join(folder, "link"));
    symlinkSync("real", join(folder, "linked"));
    symlinkSync("nowhere", join(folder, "broken"));
    await repository.add();
    expect(await lines(repository)).toEqual(["A link", "A real/a", "? broken", "? linked"]);
    await repository.commit();
    await repository.checkout();
    expect(statSync(join(folder, "link")).isFile()).toBe(true);
  });

  it("refuses what would not come back as it went in", async () => {
    const repository = await init();
    put("null.json", "null");
    await repository.add();
    await expect(repository.commit()).rejects.toThrow(code("STATE_INVALID"));
    rmSync(join(folder, "null.json"));
    put("sha.json", JSON.stringify("a".repeat(64)));
    await repository.add();
    await expect(repository.commit()).rejects.toThrow(code("STATE_INVALID"));
    rmSync(join(folder, "sha.json"));
    put("bad.json", "{");
    await repository.add();
    await expect(repository.commit()).rejects.toThrow(/bad\.json/);
    expect(text(".pvr/json")).toBe('{ "#spec": "pantavisor-service-system@1" }');
    await expect(repository.add("absent")).rejects.toThrow(code("FILE_FAILED"));
  });

  it("lets no object, no name and no damaged pool through a checkout", async () => {
    const repository = await init();
    put("a", "a");
    await repository.add();
    const { state } = await repository.commit();
    writeFileSync(join(folder, ".pvr/objects", String(state["a"])), "b");
    rmSync(join(folder, "a"));
    await expect(repository.checkout()).rejects.toThrow(code("OBJECT_HASH_MISMATCH"));
    expect(readdirSync(folder)).toEqual([".pvr"]);
    rmSync(join(folder, ".pvr/objects", String(state["a"])));
    const again = await openAgain(repository);
    await expect(again.checkout()).rejects.toThrow(code("OBJECT_MISSING"));
    for (const path of ["../x", "/x", "a/../../x", "a//b", ".pvr/config", "x\0y"]) {
      writeFileSync(
        join(folder, ".pvr/json"),
        JSON.stringify({ "#spec": "pantavisor-service-system@1", [path]: "0".repeat(64) }),
      );
      await expect(again.checkout(), path).rejects.toThrow(code("PATH_UNSAFE"));
    }
  });

  it("writes nothing through a link that stands for a folder", async () => {
    const repository = await init();
    put("web/run.json", '{"name":"web"}');
    await repository.add();
    await repository.commit();
    const elsewhere = mkdtempSync(join(tmpdir(), "pv-elsewhere-"));
    rmSync(join(folder, "web"), { recursive: true });
    symlinkSync(elsewhere, join(folder, "web"));
    await expect(repository.checkout()).rejects.toThrow(code("PATH_UNSAFE"));
    expect(readdirSync(elsewhere)).toEqual([]);
    rmSync(elsewhere, { recursive: true });
  });

  it("reads a .pvrignore of blanks in no time", async () => {
    const repository = await init();
    put(".pvrignore", `${" ".repeat(500_000)}x`);
    await repository.status();
  });

  it("links into the pool where asked to", async () => {
    const repository = await init();
    put("a", "a");
    await repository.add();
    const { state } = await repository.commit();
    await repository.checkout(undefined, { link: true });
    const inPool = statSync(join(folder, ".pvr/objects", String(state["a"])));
    expect(statSync(join(folder, "a")).ino).toBe(inPool.ino);
    expect(inPool.mode & 0o777).toBe(0o444);
  });

  it("is locked by the first that writes, until it is disposed", async () => {
    const repository = await init();
    put("a", "a");
    await repository.add();
    const other = await openRepository(folder);
    expect(await lines(other)).toEqual(["A a"]);
    await expect(other.add()).rejects.toThrow(code("REPOSITORY_LOCKED"));
    await repository[Symbol.asyncDispose]();
    await other.add();
    await other[Symbol.asyncDispose]();
    writeFileSync(join(folder, ".pvr/lock"), "999999999\n");
    await repository.commit();
    expect(existsSync(join(folder, ".pvr/lock"))).toBe(true);
  });

  async function openAgain(repository: Repository): Promise<Repository> {
    await repository[Symbol.asyncDispose]();
    const again = await openRepository(folder);
    open.push(again);
    return again;
  }
});
