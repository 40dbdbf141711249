import { execFile, execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { formatError } from "../../src/core/index.ts";
import { directoryStore } from "../../src/node/index.ts";
import { describeWith } from "../interop/tools.ts";
import { listed, sinkContract, storeContract } from "./store-contract.ts";

const folder = mkdtempSync(join(tmpdir(), "pv-store-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const fresh = (): string => join(folder, `store-${++count}`);

describe("directoryStore", () => {
  storeContract(async () => directoryStore(fresh()));
  sinkContract(async () => directoryStore(fresh()));

  it("opens nothing before it writes, and leaves no temporary file", async () => {
    const path = join(fresh(), "deep", "objects");
    const store = directoryStore(path);
    expect(await listed(store)).toEqual([]);
    expect(await store.has("0".repeat(64))).toBe(false);
    expect(existsSync(path)).toBe(false);
    const id = await store.put(new Uint8Array([1]));
    await store.put(new Uint8Array([2]), { expect: id }).catch(() => {});
    expect(readdirSync(path)).toEqual([id]);
    expect(statSync(join(path, id)).mode & 0o777).toBe(0o644 & ~process.umask());
  });

  it("does not rewrite what is there, and heals what was cut", async () => {
    const path = fresh();
    const store = directoryStore(path);
    const id = await store.put(new Uint8Array(1000));
    const before = statSync(join(path, id));
    await store.put(new Uint8Array(1000));
    expect(statSync(join(path, id)).ino).toBe(before.ino);
    writeFileSync(join(path, id), new Uint8Array(10));
    await store.put(new Uint8Array(1000));
    expect(await store.get(id).size()).toBe(1000);
  });

  it("lists objects only, whatever else lies there", async () => {
    const path = fresh();
    const store = directoryStore(path);
    const id = await store.put(new Uint8Array(1));
    writeFileSync(join(path, `${id}.new`), "of another program");
    mkdirSync(join(path, "f".repeat(64)));
    expect(await listed(store)).toEqual([id]);
    expect(await store.has("f".repeat(64))).toBe(false);
  });

  it("shares a folder between processes", async () => {
    const path = fresh();
    const script = `
      import { directoryStore } from ${JSON.stringify(join(import.meta.dirname, "../../src/node/index.ts"))};
      const store = directoryStore(process.argv[1]);
      for (let n = 0; n < 30; n++) await store.put(new Uint8Array(5000).fill(n));
    `;
    const run = (): Promise<unknown> =>
      promisify(execFile)(process.execPath, ["--input-type=module", "-e", script, path]);
    await Promise.all([run(), run()]);
    expect(readdirSync(path)).toHaveLength(30);
  });

  it("fails with the path and a reason where it cannot write", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    const error = await directoryStore(join(file, "objects"))
      .put(new Uint8Array(1))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "FILE_FAILED", data: { reason: "ENOTDIR" } });
    expect(formatError(error)).not.toContain("\n");
    await expect(directoryStore(file).put(new Uint8Array(1))).rejects.toMatchObject({ code: "FILE_FAILED" });
  });

  it("closes what nobody reads any more", async () => {
    const path = fresh();
    const store = directoryStore(path);
    const id = await store.put(new Uint8Array([1, 2, 3]));
    const source = store.get(id);
    expect((await source.read(1, 1))[0]).toBe(2);
    const fds = (): string[] =>
      readdirSync("/proc/self/fd").flatMap((fd) => {
        try {
          return [readlinkSync(`/proc/self/fd/${fd}`)];
        } catch {
          return [];
        }
      });
    if (existsSync("/proc/self/fd")) {
      expect(fds()).toContain(join(path, id));
      await expect.poll(fds, { timeout: 5000 }).not.toContain(join(path, id));
    }
    expect((await source.read(0, 9)).length).toBe(3);
    await source.close?.();
  });
});

describeWith(["mount"], "directoryStore on a full disk", () => {
  it("fails, and leaves nothing behind", async () => {
    const disk = fresh();
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk]);
    try {
      const store = directoryStore(join(disk, "objects"));
      const small = await store.put(new Uint8Array(1000));
      const full = { code: "FILE_FAILED", data: { reason: "ENOSPC" } };
      await expect(store.put(new Uint8Array(2 ** 20).fill(7))).rejects.toMatchObject(full);
      const sink = store.sink!();
      await expect(sink.write(0, new Uint8Array(2 ** 20).fill(7))).rejects.toMatchObject(full);
      await sink.abort();
      expect(readdirSync(join(disk, "objects"))).toEqual([small]);
      await store.put(new Uint8Array(100_000).fill(1)); // the room is there again
    } finally {
      execFileSync("umount", [disk]);
    }
  });
});
