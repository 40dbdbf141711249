/** A full disk: one clear error, and nothing half-written. The disk is a tmpfs of one megabyte, mounted by root. */
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { describeWith } from "../interop/tools.ts";
import { Sandbox } from "./sandbox.ts";

let box: Sandbox;
const small = (): string => box.path("small");

async function ok(cwd: string, ...args: string[]): Promise<void> {
  const { exit, stderr } = await box.run(args, cwd);
  expect(exit, stderr).toBe(0);
}

async function isFull(cwd: string, ...args: string[]): Promise<void> {
  const { exit, stderr } = await box.run(args, cwd);
  expect(exit, args.join(" ")).not.toBe(0);
  expect(stderr, args.join(" ")).toMatch(/^pvsdk: .*the disk is full.*\[(?:FILE_FAILED|STORE_FULL)\]\n$/m);
}

/** All that a pool holds is whole. */
function checkPool(pool: string): void {
  for (const name of readdirSync(pool))
    expect(
      createHash("sha256")
        .update(readFileSync(`${pool}/${name}`))
        .digest("hex"),
    ).toBe(name);
}

beforeEach(async () => {
  box = new Sandbox();
  mkdirSync(small());
  expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", small()]).status).toBe(0);
  await ok("other", "init", "-o", ".pvr/objects");
  for (const name of ["a", "b", "c", "d", "e", "f"])
    box.write(`other/web/${name}`, { base64: randomBytes(300_000).toString("base64") });
  await ok("other", "commit", "--all");
  await ok("other", "export", "../other.tgz");
  await ok("r", "init", "-o", "../small/pool");
  box.write("r/web/run.json", '{"a":1}');
  await ok("r", "commit", "--all");
});
afterEach(() => {
  spawnSync("umount", [small()]);
  box.remove();
});

describeWith(["mount"], "a full disk", () => {
  it("leaves the old revision: commit, import, get, merge", async () => {
    const before = box.read("r/.pvr/json");
    for (const args of [
      ["import", "../other.tgz"],
      ["get", "../other/.pvr"],
      ["merge", "../other.tgz#web"],
    ]) {
      await isFull("r", ...args);
      expect(box.read("r/.pvr/json")).toBe(before);
      checkPool(box.path("small/pool"));
    }
    for (const name of ["a", "b", "c", "d", "e"])
      box.write(`r/web/${name}`, { base64: randomBytes(300_000).toString("base64") });
    await ok("r", "add", ".");
    await isFull("r", "commit");
    expect(box.read("r/.pvr/json")).toBe(before);
    checkPool(box.path("small/pool"));
    // Once there is room, the same command does it.
    expect(spawnSync("mount", ["-o", "remount,size=8m", small()]).status).toBe(0);
    await ok("r", "commit");
    expect((await box.run(["status"], "r")).stdout.toString()).toBe("");
  });

  it("leaves no export, and an older one as it was", async () => {
    await isFull("other", "export", "../small/x.tgz");
    expect(readdirSync(small())).toEqual(["pool"]);
    box.write("small/x.tgz", "old");
    await isFull("other", "export", "../small/x.tgz");
    expect(box.read("small/x.tgz")).toBe("old");
    expect(readdirSync(small()).sort()).toEqual(["pool", "x.tgz"]);
  });

  it("leaves no half file: clone, deploy", async () => {
    await isFull(".", "clone", "-o", "pool2", "other/.pvr", "small/copy");
    expect(readdirSync(small())).toEqual(["pool"]);
    await isFull("other", "-c", "../small/storage", "deploy", "../small/storage/trails/0");
    const whole = (folder: string): void => {
      for (const name of existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : []) {
        expect(name).not.toMatch(/\.tmp$|\.new$|\.pvsdk-/);
        const original = box.path(`other/${name}`);
        if (/^web\/[a-f]$/.test(name)) expect(statSync(`${folder}/${name}`).size).toBe(statSync(original).size);
      }
    };
    whole(box.path("small/storage/trails/0"));
    checkPool(box.path("small/storage/objects"));
  });
});
