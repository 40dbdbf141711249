import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findTool } from "../interop/tools.ts";

/** Where it is, if it is. */
export const chromium: string | undefined = findTool("chromium") ?? findTool("google-chrome");

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--host-resolver-rules=MAP plain.test 127.0.0.1",
];

/**
 * What the module `/program.js` of `files` posts to `/result`, in a page of Chromium. `localhost` is a secure context,
 * `plain.test` is not. `onLoad` is told each of the files as the page asks for it.
 */
export async function inChromium(
  files: ReadonlyMap<string, string>,
  host: "localhost" | "plain.test" = "localhost",
  onLoad: (path: string) => void = () => {},
): Promise<Record<string, string>> {
  const profile = mkdtempSync(join(tmpdir(), "pv-chromium-"));
  let answer: (found: Record<string, string>) => void = () => {};
  const answered = new Promise<Record<string, string>>((done) => {
    answer = done;
  });
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    const file = files.get(path);
    if (path === "/result") {
      const body: Buffer[] = [];
      request.on("data", (bytes: Buffer) => body.push(bytes));
      request.on("end", () => answer(JSON.parse(Buffer.concat(body).toString()) as Record<string, string>));
      response.end();
    } else if (file === undefined) {
      const page = '<!doctype html><meta charset="utf-8"><script type="module" src="/program.js"></script>';
      response.setHeader("content-type", "text/html").end(page);
    } else {
      onLoad(path);
      response.setHeader("content-type", "text/javascript").end(file);
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const place = [`--user-data-dir=${profile}`, `http://${host}:${port}/`];
  const browser = spawn(chromium!, [...flags, ...place], { stdio: "ignore" });
  const timer = setTimeout(() => answer({ failed: "no answer from the page" }), 90_000);
  try {
    return await answered;
  } finally {
    clearTimeout(timer);
    browser.kill("SIGKILL");
    server.closeAllConnections();
    server.close();
    await new Promise((gone) => browser.once("close", gone));
    rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  }
}
