import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findTool } from "../interop/tools.ts";
import { chromium, inChromium } from "./chromium.ts";

/**
 * The suite on every runtime that is here. `.ci/run` brings Node 20 and 22, Bun, Deno and Chromium; there, one that is
 * absent fails.
 */
const root = resolve(import.meta.dirname, "../..");
const brought = join(root, ".pv-cache/runtimes/node_modules");
const folder = mkdtempSync(join(tmpdir(), "pv-runtimes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 }));

async function bundle(code: string, platform: "neutral" | "browser"): Promise<string> {
  const result = await build({
    stdin: { contents: code, resolveDir: import.meta.dirname, loader: "ts" },
    bundle: true,
    format: "esm",
    target: "es2022",
    platform,
    mainFields: ["module", "main"],
    conditions: ["import"],
    write: false,
    logLevel: "silent",
    external: ["fzstd", "xz-decompress", "lz4-napi", "node-liblzma"],
    alias: {
      "@pv/sdk/container": join(root, "src/container/index.ts"),
      "@pv/sdk/squashfs": join(root, "src/wasm-squashfs/index.ts"),
      "@pv/sdk": join(root, "src/index.ts"),
    },
  });
  return result.outputFiles[0]!.text;
}

const here = (path: string): string | undefined => (existsSync(path) ? path : undefined);
const runtimes: readonly [name: string, command: string | undefined, args: readonly string[]][] = [
  ["Node, the system's", here("/usr/bin/node") ?? here("/usr/local/bin/node"), []],
  ["Node 20", here(join(brought, "node20/bin/node")), []],
  ["Node 22", here(join(brought, "node22/bin/node")), []],
  ["Bun", here(join(brought, ".bin/bun")) ?? findTool("bun"), []],
  ["Deno", here(join(brought, ".bin/deno")) ?? findTool("deno"), ["run", "-A", "--quiet"]],
];

let expected: Record<string, string>;
const program = join(folder, "suite.mjs");

beforeAll(async () => {
  writeFileSync(
    program,
    await bundle('import { runSuite } from "./suite.ts"; console.log(JSON.stringify(await runSuite()));', "neutral"),
  );
  expected = run(process.execPath, []);
});

function run(command: string, args: readonly string[]): Record<string, string> {
  const done = spawnSync(command, [...args, program], { encoding: "utf8", timeout: 120_000 });
  if (done.status !== 0) throw new Error(`${command}: ${done.error ?? done.stderr}`);
  return JSON.parse(done.stdout) as Record<string, string>;
}

describe("every runtime gives the same values", () => {
  it("on this Node, without a failure", () => {
    expect(Object.entries(expected).filter(([, value]) => value.startsWith("failed"))).toEqual([]);
    expect(expected["sign and verify"]).toBe("accept reject");
  });

  for (const [name, command, args] of runtimes) {
    const wanted = name.includes("system")
      ? command !== undefined
      : command !== undefined || process.env["CI"] !== undefined;
    it.skipIf(!wanted)(name, () => {
      expect(command, `${name} is not here`).toBeDefined();
      expect(run(command!, args)).toEqual(expected);
    });
  }

  it.skipIf(!chromium && !process.env["CI"])(
    "Chromium, on a secure and on a plain page",
    { timeout: 180_000 },
    async () => {
      expect(chromium, "chromium is not here").toBeDefined();
      const code = await bundle(
        'import { runSuite } from "./suite.ts"; const values = await runSuite(); await fetch("/result", { method: "POST", body: JSON.stringify({ ...values, subtle: String(globalThis.crypto.subtle !== undefined) }) });',
        "browser",
      );
      // A name that is not localhost makes the page insecure: no crypto.subtle there.
      for (const host of ["localhost", "plain.test"] as const) {
        const { subtle, ...values } = await inChromium(new Map([["/program.js", code]]), host);
        expect(subtle).toBe(String(host === "localhost"));
        expect(values).toEqual(expected);
      }
    },
  );
});
