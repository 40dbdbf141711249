import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { composeState, container, device, memoryStore, readBytes, type State, writeExport } from "../../src/index.ts";

const script = resolve(import.meta.dirname, "../../examples/ci/review.ts");
const root = mkdtempSync(join(tmpdir(), "pv-sdk-ci-"));
const home = process.cwd();
const argv = process.argv;

afterEach(() => {
  process.chdir(home);
  process.argv = argv;
  vi.restoreAllMocks();
  vi.resetModules();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function exported(name: string, image: string, group: string): Promise<string> {
  const store = memoryStore();
  const id = await store.put(new TextEncoder().encode(image));
  const config = await store.put(new TextEncoder().encode("lxc"));
  const web = {
    name: "web",
    type: "lxc",
    config: "lxc.container.conf",
    "root-volume": "root.squashfs",
    group,
  } as const;
  const parts = container(web, { "lxc.container.conf": config, "root.squashfs": id });
  const state: State = composeState(device({}), parts);
  const path = join(root, name);
  writeFileSync(path, await readBytes(writeExport({ state, objects: store })));
  return path;
}

/** What the script prints, and the exit code it leaves. */
async function run(...words: readonly string[]): Promise<{ text: string; code: unknown }> {
  const written: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
  process.argv = [process.execPath, script, ...words];
  process.chdir(root);
  const code = process.exitCode;
  await import(/* @vite-ignore */ script);
  await vi.waitFor(() => expect(written).not.toEqual([]), { timeout: 20_000 });
  await new Promise((done) => setTimeout(done, 20));
  const result = { text: written.join(""), code: process.exitCode };
  process.exitCode = code;
  return result;
}

describe("the script for CI", () => {
  it("has at most 15 lines", () => {
    expect(readFileSync(script, "utf8").trimEnd().split("\n").length).toBeLessThanOrEqual(15);
  });

  it("writes a comment, and fails where a device would refuse", async () => {
    const before = await exported("before.tgz", "one", "app");
    const after = await exported("after.tgz", "two!", "app");
    const fine = await run(before, after);
    expect(fine.text).toMatch(/^### .*after\\\.tgz\\: Restarts web\\\. No reboot\\\. To download\\: 1 /);
    expect(fine.code).not.toBe(1);
    vi.resetModules();
    const full = await run(before, after, "3");
    expect(full.text).toContain("NO_ROOM");
    expect(full.code).toBe(1);
  });
});
