import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { describeWith, findTool } from "./tools.ts";

/** Runs in the page; throws where a store does not do what it should. */
const script = `
import { createHasher, opfsStore } from "./src/objects/index.ts";
const must = (what, is) => { if (!is) throw new Error(what); };
async function run() {
  const store = opfsStore("objects");
  const bytes = new Uint8Array(3_000_000).map((_, at) => at * 7);
  const id = await store.put(new Blob([bytes]).stream());
  must("hash", id === createHasher().update(bytes).id());
  must("again", (await opfsStore("objects").put(bytes, { expect: id })) === id);
  must("has", await store.has(id) && !(await store.has("0".repeat(64))));
  const source = store.get(id);
  must("size", (await source.size()) === bytes.length);
  must("read", (await source.read(1_000_000, 3)).join() === bytes.slice(1_000_000, 1_000_003).join());
  await source.close();
  const wrong = await store.put(new Uint8Array(5), { expect: id }).then(() => "kept", (error) => error.code);
  must("mismatch " + wrong, wrong === "OBJECT_HASH_MISMATCH");
  const missing = await store.get("0".repeat(64)).size().then(() => "there", (error) => error.code);
  must("missing " + missing, missing === "OBJECT_MISSING");
  await Promise.all(Array.from({ length: 10 }, () => store.put(new Uint8Array([1]))));
  const ids = []; for await (const one of store.list()) ids.push(one);
  must("list " + ids.length, ids.length === 2);
  const names = []; for await (const name of (await (await navigator.storage.getDirectory()).getDirectoryHandle("objects")).keys()) names.push(name);
  must("left over: " + names, names.length === 2);
  for (const one of ids) await store.delete(one);
  must("deleted", !(await store.has(id)));
}
run().then(() => "passed", (error) => "failed: " + (error.stack ?? error)).then((body) => fetch("/result", { method: "POST", body }));
`;

describeWith(["chromium"], "opfsStore in a browser", () => {
  it("keeps objects in the page's private files", { timeout: 120_000 }, async () => {
    const root = resolve(import.meta.dirname, "../..");
    const bundle = await build({
      stdin: { contents: script, resolveDir: root, loader: "ts" },
      bundle: true,
      format: "esm",
      platform: "browser",
      write: false,
      logLevel: "silent",
    });
    const profile = mkdtempSync(join(tmpdir(), "pv-chromium-"));
    let answer: (text: string) => void = () => {};
    let fail: (error: Error) => void = () => {};
    const result = new Promise<string>((onText, onError) => {
      answer = onText;
      fail = onError;
    });
    const server = createServer((request, response) => {
      if (request.url === "/result") {
        let text = "";
        request.on("data", (chunk) => {
          text += chunk;
        });
        request.on("end", () => answer(text));
        response.end();
      } else if (request.url === "/page.js") {
        response.setHeader("content-type", "text/javascript").end(bundle.outputFiles[0]!.text);
      } else response.setHeader("content-type", "text/html").end('<script type="module" src="/page.js"></script>');
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", `--user-data-dir=${profile}`];
    const browser = spawn(findTool("chromium")!, [...flags, url], { stdio: "ignore" });
    const gone = new Promise<void>((done) => browser.on("exit", () => done()));
    const timeout = setTimeout(() => fail(new Error("the page gave no answer in 90 s")), 90_000);
    try {
      expect(await result).toBe("passed");
    } finally {
      clearTimeout(timeout);
      browser.kill();
      await gone;
      server.closeAllConnections();
      server.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
    }
  });
});
