/** A process that is killed leaves the old or the new repository, and one that is interrupted the old one. */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundlePvsdk } from "./bundle.ts";
import { Sandbox } from "./sandbox.ts";

/** Kills of each verb; `KILLS=25` makes it a hundred. */
const KILLS = Number(process.env["KILLS"] ?? 3);
let seed = Number(process.env["SEED"] ?? 1);
/** Reproducible: xorshift. */
function random(): number {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return (seed >>> 0) / 2 ** 32;
}

const folder = mkdtempSync(join(tmpdir(), "pvsdk-bundle-"));
let program: string;
let start: Sandbox;

/** A repository with a commit, changes that are not committed, and an export and a neighbour to take things from. */
beforeAll(async () => {
  program = await bundlePvsdk(folder);
  start = new Sandbox();
  const run = async (cwd: string, ...args: string[]): Promise<void> => {
    const { exit, stderr } = await start.run(args, cwd);
    expect(exit, stderr).toBe(0);
  };
  const fill = (name: string, turn: number): void => {
    for (let at = 0; at < 60; at++) start.write(`${name}/web/${at}.bin`, `${turn} ${at} `.repeat(20_000));
    start.write(`${name}/web/run.json`, `{"name":"web","turn":${turn}}`);
    start.write(`${name}/bsp/run.json`, '{"linux":"kernel.img","initrd":"pantavisor"}');
    start.write(`${name}/bsp/kernel.img`, `kernel ${turn}`);
    start.write(`${name}/bsp/pantavisor`, "initrd");
  };
  for (const [name, turn] of [
    ["other", 2],
    ["repo", 1],
  ] as const) {
    fill(name, turn);
    await run(name, "init", "-o", ".pvr/objects");
    await run(name, "add", ".");
    await run(name, "commit");
  }
  await run("other", "export", "../other.tgz");
  await run(".", "deploy", "trail", "other.tgz");
  fill("repo", 3);
  start.write("repo/web/new.bin", "new");
  await run("repo", "add", ".");
}, 120_000);
afterAll(() => {
  start.remove();
  rmSync(folder, { recursive: true, force: true });
});

function begin(box: Sandbox, cwd: string, args: readonly string[]): { child: ChildProcess; ended: Promise<number> } {
  const env = { ...process.env, HOME: box.path("home") };
  const child = spawn(process.execPath, [program, ...args], { cwd: box.path(cwd), env, stdio: "ignore" });
  const ended = new Promise<number>((resolve) => child.once("exit", (code) => resolve(code ?? -1)));
  return { child, ended };
}
/** A copy of the start; the paths in `.pvr/config` are those of the copy. */
function copyOfStart(): Sandbox {
  const box = new Sandbox();
  cpSync(start.work, box.work, { recursive: true });
  for (const name of ["repo", "other", "trail"])
    box.write(`${name}/.pvr/config`, box.read(`${name}/.pvr/config`).replaceAll(start.work, box.work));
  return box;
}
const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

const verbs = [
  ["commit", "repo", ["commit", "-m", "x"]],
  ["import", "repo", ["import", "../other.tgz"]],
  ["get", "repo", ["get", "../other/.pvr#web"]],
  ["deploy", "trail", ["deploy", ".", "../repo/.pvr"]],
] as const;

describe("a process", () => {
  it.each(verbs)("killed in the middle of %s leaves the old or the new", { timeout: 600_000 }, async (_, cwd, args) => {
    const whole = copyOfStart();
    const began = performance.now();
    expect(await begin(whole, cwd, args).ended).toBe(0);
    const duration = performance.now() - began;
    const states = [start.read(`${cwd}/.pvr/json`), whole.read(`${cwd}/.pvr/json`)];
    whole.remove();
    expect(states[0]).not.toBe(states[1]);
    for (let at = 0; at < KILLS; at++) {
      const box = copyOfStart();
      const { child, ended } = begin(box, cwd, args);
      const moment = random() * duration;
      await wait(moment);
      child.kill("SIGKILL");
      await ended;
      const label = `${args.join(" ")} killed after ${Math.round(moment)} of ${Math.round(duration)} ms`;
      expect(states, label).toContain(box.read(`${cwd}/.pvr/json`));
      // All objects of the state are there and whole, and the next command works as if nothing had been.
      const exported = await box.run(["export", "../after.tar"], cwd);
      expect(exported.exit, `${label}: ${exported.stderr}`).toBe(0);
      expect((await box.run(["status"], cwd)).exit, label).toBe(0);
      const again = await box.run(args, cwd);
      expect(again.exit, `${label}: ${again.stderr}`).toBe(0);
      expect(box.read(`${cwd}/.pvr/json`), label).toBe(states[1]);
      expect(
        box.tree(cwd).filter((line) => line.includes(".pvsdk-")),
        label,
      ).toEqual([]);
      box.remove();
    }
  });

  it.each(
    (["SIGINT", "SIGTERM"] as const).flatMap((signal) =>
      verbs.map(([verb, cwd, args]) => [signal, verb, cwd, args] as const),
    ),
  )("that gets %s in %s leaves all as it was, or is done", { timeout: 120_000 }, async (signal, _, cwd, args) => {
    const box = copyOfStart();
    // Until it holds the lock, which it takes before it changes anything.
    const { child, ended } = begin(box, cwd, args);
    while (!existsSync(box.path(`${cwd}/.pvr/lock`)) && child.exitCode === null) await wait(1);
    child.kill(signal);
    const exit = await ended;
    if (exit !== 0) {
      expect(exit).toBe(signal === "SIGINT" ? 130 : 143);
      expect(box.read(`${cwd}/.pvr/json`)).toBe(start.read(`${cwd}/.pvr/json`));
    }
    expect(box.tree(cwd).some((line) => /lock|\.pvsdk-/.test(line))).toBe(false);
    const again = await box.run(args, cwd);
    expect(again.exit, again.stderr).toBe(0);
    box.remove();
  });

  it("beside others on one working copy is told to wait, or is done", { timeout: 120_000 }, async () => {
    const box = copyOfStart();
    const lines = [["commit"], ["import", "../other.tgz"], ["get", "../other/.pvr"], ["add", "."], ["status"]];
    const ends = await Promise.all(
      lines.map(
        (args) =>
          new Promise<{ exit: number | null; said: string }>((resolve) => {
            const env = { ...process.env, HOME: box.path("home") };
            const child = spawn(process.execPath, [program, ...args], { cwd: box.path("repo"), env });
            let said = "";
            child.stderr.on("data", (data) => (said += data));
            child.once("close", (exit) => resolve({ exit, said }));
          }),
      ),
    );
    expect(ends.some(({ exit }) => exit === 0)).toBe(true);
    for (const { exit, said } of ends)
      if (exit !== 0) expect(said).toMatch(/works in this repository.*REPOSITORY_LOCKED/);
    expect((await box.run(["export", "../after.tar"], "repo")).exit).toBe(0);
    expect((await box.run(["status"], "repo")).exit).toBe(0);
    expect(box.tree("repo").some((line) => /lock|\.pvsdk-|\.new$/.test(line))).toBe(false);
    box.remove();
  });
});
