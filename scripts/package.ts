/**
 * Packs the package as npm would publish it and looks at the result as its users would: publint and attw, every
 * subpath imported from the tarball on each runtime that is here, `require()` of an ES module, two packs the same.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "pv-sdk-package-"));
const counts = { passed: 0, failed: 0, skipped: 0 };

function check(name: string, work: () => void): void {
  try {
    work();
    counts.passed++;
    console.log(`ok    ${name}`);
  } catch (error) {
    counts.failed++;
    console.log(`FAIL  ${name}\n${error instanceof Error ? error.message : String(error)}`);
  }
}

function skip(name: string, why: string): void {
  counts.skipped++;
  console.log(`skip  ${name}: ${why}`);
}

function run(command: string, args: readonly string[], cwd: string = folder): string {
  const done = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (done.error || done.status !== 0)
    throw new Error(`${command} ${args.join(" ")}\n${done.error ?? `${done.stdout}${done.stderr}`}`);
  return done.stdout;
}

function pack(): string {
  const [{ filename }] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], root),
  ) as [{ filename: string }];
  return join(folder, filename);
}

function findCommand(name: string): string | undefined {
  for (const folder of ["node_modules/.bin", ".pv-cache/runtimes/node_modules/.bin"]) {
    const local = join(root, folder, name);
    if (existsSync(local)) return local;
  }
  return spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).stdout.trim() || undefined;
}

const sha = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");

try {
  const tarball = pack();
  const first = sha(tarball);
  check("two packs are the same bytes", () => {
    if (sha(pack()) !== first) throw new Error("they differ");
  });
  check("publint", () => void run(join(root, "node_modules/.bin/publint"), ["--strict", tarball], root));
  check("attw", () => void run(join(root, "node_modules/.bin/attw"), ["--profile", "esm-only", tarball], root));
  check("holds only what it should", () => {
    const wrong = execFileSync("tar", ["tzf", tarball], { encoding: "utf8" })
      .split("\n")
      .filter((name) => name && !/^package\/(?:dist\/|README\.md$|LICENSE$|llms\.txt$|package\.json$)/.test(name));
    if (wrong.length > 0) throw new Error(wrong.join("\n"));
  });

  const user = join(folder, "user");
  mkdirSync(user);
  writeFileSync(join(user, "package.json"), '{"name":"user","private":true,"type":"module"}');
  check("installs from the tarball", () => void run("npm", ["install", "--no-audit", "--no-fund", tarball], user));

  const names = Object.keys(
    (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { exports: object }).exports,
  )
    .filter((key) => key !== "./package.json")
    .map((key) => `@pv/sdk${key.slice(1)}`);
  writeFileSync(
    join(user, "all.mjs"),
    names
      .map(
        (name) =>
          `if (Object.keys(await import(${JSON.stringify(name)})).length === 0) throw new Error(${JSON.stringify(name)});`,
      )
      .join("\n"),
  );
  writeFileSync(
    join(user, "all.cjs"),
    `const sdk = require("@pv/sdk"); if (typeof sdk.parseState !== "function") throw new Error("no parseState");`,
  );
  const runtimes: [string, string | undefined, string[]][] = [
    ["the pinned Node", join(root, "node_modules/.bin/node"), []],
    ["the system's Node", ["/usr/bin/node", "/usr/local/bin/node"].find((path) => existsSync(path)), []],
    ["Bun", findCommand("bun"), []],
    ["Deno", findCommand("deno"), ["run", "-A"]],
  ];
  for (const [name, command, args] of runtimes) {
    if (command) check(`every subpath imports on ${name}`, () => void run(command, [...args, "all.mjs"], user));
    else skip(`every subpath imports on ${name}`, "not here");
  }
  check("require() works", () => void run(join(root, "node_modules/.bin/node"), ["all.cjs"], user));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`package: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
if (counts.failed > 0) process.exitCode = 1;
