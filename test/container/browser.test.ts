import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { describeWith, findTool } from "../interop/tools.ts";
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

async function inPage(files: Map<string, string>, input: BrowserInput): Promise<Record<string, string>> {
  const profile = mkdtempSync(join(tmpdir(), "pv-chromium-"));
  let answer: (found: Record<string, string>) => void = () => {};
  const promise = new Promise<Record<string, string>>((done) => {
    answer = done;
  });
  const server = createServer((request, response) => {
    const file = files.get(request.url ?? "");
    if (request.url === "/result") {
      const body: Buffer[] = [];
      request.on("data", (bytes: Buffer) => body.push(bytes));
      request.on("end", () => answer(JSON.parse(Buffer.concat(body).toString()) as Record<string, string>));
      response.end();
    } else if (request.url === "/input") response.end(JSON.stringify(input));
    else if (file !== undefined) response.setHeader("content-type", "text/javascript").end(file);
    else response.setHeader("content-type", "text/html").end('<script type="module" src="/program.js"></script>');
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];
  const place = [`--user-data-dir=${profile}`, `http://localhost:${port}/`];
  const browser = spawn(findTool("chromium")!, [...flags, ...place], { stdio: "ignore" });
  const timer = setTimeout(() => answer({ failed: "no answer from the page" }), 100_000);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    browser.kill("SIGKILL");
    server.closeAllConnections();
    server.close();
    await new Promise((gone) => browser.once("close", gone));
    rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  }
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
    const found = await inPage(files, given);
    expect(found).toEqual(await containersOf(given));
    expect(Object.keys(found).length).toBe(7);
  });
});
