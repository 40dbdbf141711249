import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { describeWith } from "../interop/tools.ts";
import { inChromium } from "../runtimes/chromium.ts";
import { type BrowserInput, containersOf } from "./browser-program.ts";
import { layoutFiles, savedArchive } from "./image-inputs.ts";

const here = import.meta.dirname;

async function bundle(): Promise<{ files: Map<string, string>; inputs: string[]; imports: string[] }> {
  const contents = `import { containersOf } from "./browser-program.ts";
    const input = await (await fetch("/input")).json();
    const found = await containersOf(input).catch((error) => ({ failed: String(error.stack ?? error) }));
    await fetch("/result", { method: "POST", body: JSON.stringify(found) });`;
  const made = await build({
    stdin: { contents, resolveDir: here, loader: "ts" },
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    outdir: "/",
    write: false,
    metafile: true,
  });
  const files = made.outputFiles.map(
    ({ path, text }) => [path.replace("stdin.js", "program.js"), text] as [string, string],
  );
  return {
    files: new Map(files),
    inputs: Object.keys(made.metafile.inputs),
    imports: Object.values(made.metafile.outputs).flatMap(({ imports }) =>
      imports.filter(({ external }) => external === true).map(({ path }) => path),
    ),
  };
}

async function input(): Promise<BrowserInput> {
  const layout = layoutFiles(resolve(here, "../vectors/app/images"));
  const saved = await savedArchive();
  return {
    layout: Object.fromEntries([...layout].map(([path, bytes]) => [path, bytes.toString("base64")])),
    saved: Buffer.from(saved).toString("base64"),
    rootfs: readFileSync(resolve(here, "../vectors/app/rootfs-src/root.tar.gz")).toString("base64"),
  };
}

describe("the bundle of all sources for a browser", () => {
  it("holds no module of Node, and loads none", async () => {
    const { files, inputs, imports } = await bundle();
    expect(inputs).toContain("src/sources/docker-archive.ts");
    expect(inputs.filter((path) => path.includes("src/node/"))).toEqual([]);
    expect(imports.filter((path) => !path.startsWith("/"))).toEqual([]);
    for (const text of files.values()) expect(text).not.toMatch(/(?:from|import\(?)\s*["']node:/);
  });
});

describeWith(["chromium"], "in Chromium", () => {
  it("makes the containers that Node makes, byte for byte", { timeout: 150_000 }, async () => {
    const { files } = await bundle();
    const given = await input();
    const found = await inChromium(new Map([...files, ["/input", JSON.stringify(given)]]));
    expect(found).toEqual(await containersOf(given));
    expect(Object.keys(found).length).toBe(7);
  });
});
