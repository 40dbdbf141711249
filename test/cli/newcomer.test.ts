/** The commands of docs/guide/newcomer.md, as they stand there, in an empty folder. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readExport, verifyState } from "../../src/index.ts";
import { fileSource } from "../../src/node/index.ts";
import { bundlePvsdk } from "./bundle.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/guide/newcomer.md"), "utf8");
const blocks = (kind: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\`$`, "gms"))].map(([, text]) => text!);

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "newcomer-"));
  for (const name of ["home", "bin", "work"]) mkdirSync(join(folder, name));
  const program = await bundlePvsdk(folder);
  writeFileSync(join(folder, "bin/pvsdk"), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(join(folder, "bin/pvsdk"), 0o755);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function shell(script: string, cwd: string): { status: number | null; stdout: string; stderr: string } {
  const env = { PATH: `${join(folder, "bin")}:${process.env["PATH"]}`, HOME: join(folder, "home"), TZ: "UTC" };
  return spawnSync("bash", ["-euo", "pipefail", "-c", script], { cwd, env, encoding: "utf8" });
}

describe("the newcomer's page", () => {
  it("leads from nothing to a signed export and a difference", async () => {
    const [before, commands, ...more] = blocks("sh run");
    expect(more).toEqual([]);
    expect(commands!.trim().split("\n")).toHaveLength(8);
    expect(
      commands!
        .trim()
        .split("\n")
        .every((line) => line.startsWith("pvsdk ")),
    ).toBe(true);

    const work = join(folder, "work");
    const { status, stdout, stderr } = shell(`${before}${commands}`, work);
    expect(status, stderr).toBe(0);
    expect(stdout.trim()).toBe(blocks("text")[0]!.trim());

    const { state } = await readExport(fileSource(join(work, "web.pvrexport.tgz")));
    const trust = { certificates: readFileSync(join(work, "cert.pem"), "utf8") };
    const { decision, signatures } = await verifyState(state, { policy: "device-lenient", trust });
    expect([decision, signatures.map(({ name, verdict }) => [name, verdict])]).toEqual([
      "accept",
      [["web", "trusted"]],
    ]);

    // What comes next works as well, where it needs nobody else.
    const next = [...page.matchAll(/^- `(pvsdk (?:verify|plan) [^`]*)`/gm)].map(([, line]) => line!);
    expect(next).toHaveLength(2);
    for (const line of next) {
      const ran = shell(line, join(work, "gateway"));
      expect(ran.status, `${line}\n${ran.stderr}`).toBe(0);
    }
  }, 60_000);
});
