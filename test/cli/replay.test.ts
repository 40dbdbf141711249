/** The recorded command lines of pvr, with pvsdk in its place. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../../src/objects/index.ts";
import { readTar } from "../../src/tree/index.ts";
import { check, checkHeadings, checkMet } from "./deviations.ts";
import { type Case, inRecordedForm, recordedCases, type Step } from "./recorded.ts";
import { Sandbox } from "./sandbox.ts";

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

const sorted = (text: unknown): unknown => (typeof text === "string" ? text.split("\n").sort().join("\n") : text);

async function step(at: number, { name }: Case, recorded: Step): Promise<Buffer> {
  if (recorded.cmd === undefined) return Buffer.alloc(0);
  const label = `${name} ${at} ${recorded.cmd}`;
  const { exit, stdout, stderr } = await box.runLine(recorded.cmd, recorded.cwd, recorded.env);
  // What pvr never ended by itself has no code; it must fail here.
  if (typeof recorded.exit === "number") check(`${label}: exit`, exit, recorded.exit, stderr);
  else expect.soft(exit, label).not.toBe(0);
  if (recorded.exit !== 0 || exit !== 0 || /^<binary/.test(String(recorded.stdout))) return stdout;
  const text = stdout.toString().replaceAll(box.work, "$WORK");
  const form = inRecordedForm(recorded.stdout, text);
  const lines = / status/.test(recorded.cmd);
  check(`${label}: stdout`, lines ? sorted(form) : form, lines ? sorted(recorded.stdout) : recorded.stdout);
  return stdout;
}

function checkFile(label: string, recorded: unknown, path: string): void {
  const actual = existsSync(box.path(path)) ? inRecordedForm(recorded, readFileSync(box.path(path))) : "absent";
  const scrubbed = typeof actual === "string" ? actual.replaceAll(box.work, "$WORK") : actual;
  check(label, scrubbed, recorded);
}

describe("canonical JSON through a repository", () => {
  it.each(recordedCases("canon"))("$name", async (recorded) => {
    for (const [path, file] of Object.entries(recorded.trees.input ?? {})) box.write(path, file);
    for (const [at, each] of recorded.steps.entries()) {
      await step(at, recorded, each);
      const file = (name: string, path: string): void => {
        if (recorded.files[name] !== undefined) checkFile(`${recorded.name} ${name}`, recorded.files[name], path);
      };
      if (each.cmd?.startsWith("pvr commit")) file("committed-state.json", "repo/.pvr/json");
      if (each.cmd === "pvr reset") file("checkout-default.json", "repo/x.json");
      if (each.cmd === "pvr reset --canonical") file("checkout-canonical.json", "repo/x.json");
    }
    checkMet(recorded.name);
  });
});

describe("diff, status and commit", () => {
  it.each(recordedCases("diff"))("$name", async (recorded) => {
    const { name, trees, files } = recorded;
    for (const [path, file] of Object.entries(trees.before ?? {})) box.write(`repo/${path}`, file);
    const second = recorded.steps.findIndex(({ cmd }) => cmd?.startsWith("pvr commit")) + 1;
    for (const [at, each] of recorded.steps.entries()) {
      if (at === second) {
        for (const path of readdirSync(box.path("repo")))
          if (path !== ".pvr") rmSync(box.path(`repo/${path}`), { recursive: true });
        for (const [path, file] of Object.entries(trees.after ?? {})) box.write(`repo/${path}`, file);
      }
      await step(at, recorded, each);
      if (at === second && files["dot-pvr-new.json"] !== undefined)
        checkFile(`${name} .pvr/new`, files["dot-pvr-new.json"], "repo/.pvr/new");
    }
    checkFile(`${name} committed-state.json`, files["committed-state.json"], "repo/.pvr/json");
    checkMet(name);
  });
});

/** What pvr left at a step: its record, and where ours is. `tree`, `export` and `head` compare that kind of thing. */
type Expectation = readonly [step: number, record: string, path: string, kind?: "tree" | "export" | "head"];
const POOL = "home/.pvr/objects";
const two = (at: number): string => String(at).padStart(2, "0");
const fragments = (verb: string, count: number): Expectation[] =>
  Array.from({ length: count }, (_, at) => [7 + 4 * at, `${verb}-${two(at)}-state.json`, `dst${two(at)}/.pvr/json`]);

const flows: Readonly<Record<string, readonly Expectation[]>> = {
  "flow-01-init": [
    [0, "a-pvr-json", "a/.pvr/json"],
    [1, "a-pvr-config", "a/.pvr/config"],
    [1, "tree-a.txt", "a", "tree"],
    [1, "tree-home.txt", "home", "tree"],
    [1, "home-config.json", "home/.pvr/config.json"],
    [2, "b-pvr-json", "b/.pvr/json"],
    [2, "b-pvr-config", "b/.pvr/config"],
    [2, "tree-b.txt", "b", "tree"],
    [3, "c-pvr-config", "c/.pvr/config"],
    [4, "e-pvr-config", "e/.pvr/config"],
  ],
  "flow-02-commit-export": [
    [2, "commitmsg", "repo/.pvr/commitmsg"],
    [2, "committed-state.json", "repo/.pvr/json"],
    [2, "object-pool.txt", POOL, "tree"],
    [9, "full.pvrexport.tgz.list.txt", "out.tgz", "export"],
    [9, "full.pvrexport.tgz.head.hex", "out.tgz", "head"],
    [10, "upper-case-gz.head.hex", "out.TAR.GZ", "head"],
    [11, "full.tar.list.txt", "out.tar", "export"],
    [11, "full.tar.head.hex", "out.tar", "head"],
    [12, "stdout.list.txt", "stdout", "export"],
  ],
  "flow-03-export-parts": [
    [2, "committed-state.json", "repo/.pvr/json"],
    ...Array.from(
      { length: 11 },
      (_, at): Expectation => [3 + at, `parts-${two(at)}.tgz.list.txt`, `p${two(at)}.tgz`, "export"],
    ),
  ],
  "flow-04-import-reset": [
    [3, "input.pvrexport.tgz.list.txt", "e.tgz", "export"],
    [4, "input-web.tgz.list.txt", "w.tgz", "export"],
    [6, "fresh-after-import.txt", "fresh", "tree"],
    [6, "fresh-state.json", "fresh/.pvr/json"],
    [9, "fresh-after-reset.txt", "fresh", "tree"],
    [14, "other-state-after-web-import.json", "other/.pvr/json"],
  ],
  "flow-05-get-fragments": [
    [3, "src-state.json", "src/.pvr/json"],
    [6, "dst-state.json", "dst00/.pvr/json"],
    [7, "get-00-pvr-config", "dst00/.pvr/config"],
    ...fragments("get", 13),
  ],
  "flow-06-merge-fragments": fragments("merge", 6),
  "flow-07-deploy-kernel": [
    [2, "pool-before.txt", POOL, "tree"],
    [3, "deployed.txt", "trails/0", "tree"],
    [3, "deployed-pvr-config", "trails/0/.pvr/config"],
    [3, "deployed-state.json", "trails/0/.pvr/json"],
    [3, "deployed-web-run.json", "trails/0/web/run.json"],
    [3, "pool-after.txt", POOL, "tree"],
    [4, "deployed-again.txt", "trails/0", "tree"],
  ],
  "flow-08-deploy-default-kernel": [
    [3, "deployed.txt", "trails/0", "tree"],
    [3, "deployed-state.json", "trails/0/.pvr/json"],
  ],
  "flow-09-deploy-fit": [[3, "deployed.txt", "trails/0", "tree"]],
  "flow-10-deploy-sources": [
    [9, "t1.txt", "t1", "tree"],
    [9, "t1-state.json", "t1/.pvr/json"],
    [10, "t2.txt", "t2", "tree"],
    [10, "t2-state.json", "t2/.pvr/json"],
    [11, "t2-nomerge.txt", "t2", "tree"],
    [11, "t2-nomerge-state.json", "t2/.pvr/json"],
    [12, "t3-no-bsp.txt", "t3", "tree"],
    [14, "t1-after-cleanup.txt", "t1", "tree"],
  ],
  "flow-11-reset-flavours": [
    [3, "02-tree.txt", "repo", "tree"],
    [3, "02-web-run-reset.json", "repo/web/run.json"],
    [6, "03-tree.txt", "repo", "tree"],
    [6, "03-web-run-canonical.json", "repo/web/run.json"],
    [8, "04-tree-hardlink.txt", "repo", "tree"],
    [10, "05-tree-reset-after-hardlink.txt", "repo", "tree"],
  ],
  "flow-12-commit-variants": [
    [3, "commitmsg-default", "repo/.pvr/commitmsg"],
    [5, "commitmsg-multi", "repo/.pvr/commitmsg"],
  ],
  "flow-13-put-and-clone-local": [
    [3, "clone.txt", "x", "tree"],
    [3, "clone-run.json", "x/cl/a/run.json"],
    [3, "clone-state.json", "x/cl/.pvr/json"],
    [3, "clone-pvr-config", "x/cl/.pvr/config"],
    [4, "clone-canonical-run.json", "x/cl2/a/run.json"],
    [7, "clone-objs.txt", "x/cl3", "tree"],
    [10, "put-target.txt", "target", "tree"],
  ],
  "flow-14-file-names": [
    [2, "committed-state.json", "repo/.pvr/json"],
    [4, "names.tgz.list.txt", "n.tgz", "export"],
    [5, "tree.txt", "repo", "tree"],
  ],
  "flow-15-add-globs": [
    [14, "dot-pvr-new-accumulated.json", "repo/.pvr/new"],
    [16, "state.json", "repo/.pvr/json"],
  ],
  "flow-16-symlinks-and-modes": [
    [2, "state.json", "repo/.pvr/json"],
    [2, "pool.txt", POOL, "tree"],
    [4, "export.tgz.list.txt", "e.tgz", "export"],
    [5, "tree-after-reset.txt", "repo", "tree"],
    [6, "clone-tree.txt", "x", "tree"],
  ],
  "flow-17-duplicate-objects": [[3, "export.tgz.list.txt", "e.tgz", "export"]],
  "flow-18-broken-objects": [[4, "tree-after-failed-reset.txt", "repo", "tree"]],
  "flow-19-errors": [[23, "empty-tree-afterwards.txt", "empty", "tree"]],
};

const PAYLOAD = "239f59ed55e737c77147cf55ad0c1b030b6d7ee748a7426952f9b852d5a935e5";
/** What was done by hand before a step. */
const byHand: Readonly<Record<string, () => void>> = {
  "flow-10-deploy-sources 13": () => {
    for (const path of ["junk/f", "loose", "junk/deep/g"]) box.write(`t1/${path}`, "x");
  },
  "flow-11-reset-flavours 4": () => box.write("repo/stale.txt", "x"),
  "flow-11-reset-flavours 11": () => rmSync(box.path("repo/db/root.squashfs")),
  "flow-16-symlinks-and-modes 0": () => mkdirSync(box.path("repo/emptydir")),
  "flow-18-broken-objects 3": () => box.write(`${POOL}/${PAYLOAD}`, "tampered"),
  "flow-18-broken-objects 8": () => rmSync(box.path(`${POOL}/${PAYLOAD}`)),
  "flow-19-errors 25": () => box.write("repo/.pvr/json", "{bad"),
  "flow-19-errors 28": () => box.write("repo/.pvr/json", "[]"),
  "flow-19-errors 30": () => {
    box.write("repo/.pvr/json", '{"#spec":"s@1"}');
    box.write("repo/.pvr/config", "{bad");
  },
  "flow-19-errors 32": () => {
    box.write("repo/.pvr/config", "{}");
    box.write("repo/.pvr/new", "{bad");
  },
  "flow-19-errors 34": () => rmSync(box.path("repo/.pvr/new")),
  "flow-19-errors 36": () => {
    rmSync(box.path("repo/.pvr/json"));
    mkdirSync(box.path("repo/.pvr/json"));
  },
};

/** Sizes of configs depend on the folder of the run; hashes of what holds a path likewise. */
const comparable = (lines: readonly string[]): string[] =>
  lines.map((line) => line.replace(/size=\d+ {2}sha256=[0-9a-f]+(?= {2}(?:.*\/)?\.pvr\/config$)/, "")).sort();

/** Members of an archive: which, with what mode and content; each once, since objects may come twice from pvr. */
async function members(archive: Buffer): Promise<string[]> {
  const lines: string[] = [];
  for await (const entry of readTar(new Uint8Array(archive))) {
    if (entry.kind !== "file") continue;
    const sha = await sha256(entry.open());
    lines.push(`${entry.path}  mode=${(entry.mode & 0o777).toString(8)}  size=${entry.sizeBytes}  sha256=${sha}`);
  }
  expect.soft(lines[0]).toMatch(/^json /);
  return lines.sort();
}
const recordedMembers = (text: string): string[] =>
  [
    ...new Set(
      text
        .trimEnd()
        .split("\n")
        .map((line) => line.replace(/ {2}uid=.*? {2}size/, "  size").replace(/ {2}type='0'/, "")),
    ),
  ].sort();

async function meet([, record, path, kind]: Expectation, { name, files }: Case, stdout: Buffer): Promise<void> {
  const label = `${name} ${record}`;
  const recorded = files[record];
  if (kind === undefined) return checkFile(label, recorded, path);
  if (recorded === undefined || typeof recorded !== "string") throw new Error(`${label} is not recorded`);
  if (kind === "tree")
    return check(label, comparable(box.tree(path)), comparable(recorded.split("\n").filter(Boolean)));
  const bytes = path === "stdout" ? stdout : readFileSync(box.path(path));
  // Ten bytes at most: what comes behind the header is the compressor's.
  if (kind === "head") {
    const head = recorded.trim().slice(0, 20);
    return check(label, bytes.subarray(0, head.length / 2).toString("hex"), head);
  }
  check(label, await members(bytes), recordedMembers(recorded));
}

describe("flows", () => {
  it.each(recordedCases("flow"))("$name", { timeout: 60_000 }, async (recorded) => {
    const { name, trees, steps } = recorded;
    for (const [path, file] of Object.entries(trees.input ?? {})) {
      box.write(path, file);
      if (/flow-0[56]/.test(name) && path.startsWith("dst00/"))
        for (let at = 1; at < 13; at++) box.write(path.replace("dst00", `dst${two(at)}`), file);
    }
    for (const [at, each] of steps.entries()) {
      byHand[`${name} ${at}`]?.();
      // Each of these was recorded without those before it.
      if (name === "flow-15-add-globs" && each["dot-pvr-new"] !== undefined)
        rmSync(box.path("repo/.pvr/new"), { force: true });
      const stdout = await step(at, recorded, each);
      if (typeof each["dot-pvr-new"] === "string")
        checkFile(`${name} ${at} .pvr/new`, each["dot-pvr-new"], "repo/.pvr/new");
      for (const expectation of flows[name] ?? []) if (expectation[0] === at) await meet(expectation, recorded, stdout);
    }
    checkMet(name);
  });
});

it("has a reason for every deviation", () => {
  checkHeadings(["canon", "diff", "flow", "http"].flatMap((kind) => recordedCases(kind).map(({ name }) => name)));
});
