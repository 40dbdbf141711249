/** `pvsdk lock`: what containers are made of, and whether their sources still give it. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseLock } from "../../src/container/index.ts";
import { startRegistry, type TestRegistry } from "../sources/registry-server.ts";
import { type Desk, openDesk, type Ran } from "./app-run.ts";

let registry: TestRegistry;
let desk: Desk;
beforeAll(async () => {
  registry = await startRegistry(join(import.meta.dirname, "../vectors/app/images"));
});
afterAll(() => registry.close());

const here = (path: string): string => join(desk.folder, path);
const lockText = (): string => readFileSync(here("pv.lock.json"), "utf8");

const lockedNames = (): string[] => Object.keys(parseLock(lockText()).sources).sort();

async function ok(...args: string[]): Promise<Ran> {
  const ran = await desk.pvsdk(...args);
  expect(ran.rc, `${args.join(" ")}: ${ran.stderr}`).toBe(0);
  return ran;
}

function writeRoot(text: string): void {
  mkdirSync(here("../root/sbin"), { recursive: true });
  writeFileSync(here("../root/sbin/init"), text, { mode: 0o755 });
}

beforeEach(async () => {
  desk = openDesk();
  writeRoot("1");
  await ok("init");
  await ok("app", "add", "--from", `${registry.host}/vec/full:2.1`, "web");
  await ok("app", "add", "--type", "rootfs", "--from", "../root", "os");
  await ok("commit", "--all");
});
afterEach(() => desk.close());

describe("pvsdk lock", () => {
  it("writes the same file each time, which is not of the revision", async () => {
    await ok("lock");
    const text = lockText();
    expect(lockedNames()).toEqual(["containers/os", "containers/web"]);
    await ok("lock");
    expect(lockText()).toBe(text);
    expect((await ok("status")).stdout).toBe("");
    await ok("add", ".");
    expect((await ok("status")).stdout).toBe("");
    const { stdout } = await ok("lock", "--frozen", "--json");
    expect(JSON.parse(stdout)).toEqual(JSON.parse(text));
    expect(lockText()).toBe(text);
  });

  it("--frozen fails where a source gives something else, says which, and writes nothing", async () => {
    await ok("lock");
    const text = lockText();
    writeRoot("2");
    const { rc, stderr } = await desk.pvsdk("lock", "--frozen");
    expect(rc).toBe(1);
    expect(stderr).toContain("containers/os");
    expect(stderr).toContain("[LOCK_CHANGED]");
    expect(stderr).not.toContain("containers/web");
    expect(lockText()).toBe(text);
    // What the source now gives is not what is committed: nothing is locked either.
    expect((await desk.pvsdk("lock")).rc).toBe(1);
    expect(lockText()).toBe(text);
    await ok("app", "update", "os");
    await ok("commit", "--all");
    expect((await desk.pvsdk("lock", "--frozen")).stderr).toContain("containers/os");
    await ok("lock");
    expect(lockText()).not.toBe(text);
    await ok("lock", "--frozen");
  });

  it("--frozen fails where a container is new, gone, or nothing is locked", async () => {
    const missing = await desk.pvsdk("lock", "--frozen");
    expect([missing.rc, missing.stderr]).toEqual([1, expect.stringContaining("pv.lock.json: there is no such file")]);
    await ok("lock");
    await ok("app", "rm", "os");
    await ok("commit");
    const gone = await desk.pvsdk("lock", "--frozen");
    expect([gone.rc, gone.stderr]).toEqual([1, expect.stringContaining("os")]);
    writeFileSync(here("pv.lock.json"), "{}");
    expect((await desk.pvsdk("lock", "--frozen")).rc).toBe(1);
  });

  it("--offline asks nobody", async () => {
    rmSync(here("../root"), { recursive: true });
    expect((await desk.pvsdk("lock")).rc).toBe(1);
    expect(existsSync(here("pv.lock.json"))).toBe(false);
    await ok("lock", "--offline");
    expect(lockedNames()).toEqual(["containers/os", "containers/web"]);
  });
});
