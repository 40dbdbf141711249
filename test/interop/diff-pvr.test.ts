import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import {
  applyPatch,
  canonicalJson,
  createPatch,
  formatState,
  type JsonObject,
  type JsonValue,
  parseState,
} from "../../src/index.ts";
import { describeWith, findTool } from "./tools.ts";

const root = mkdtempSync(join(tmpdir(), "pv-sdk-diff-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What both tell alike: no nulls, numbers that a double holds. */
const { document } = fc.letrec<{ document: JsonValue; value: JsonValue }>((tie) => ({
  document: fc.dictionary(fc.constantFrom("name", "group", "a b", "<&>", "\u{1f600}", "", "x/y", "~"), tie("value"), {
    maxKeys: 4,
  }),
  value: fc.oneof(
    { depthSize: "small" },
    fc.boolean(),
    fc.integer(),
    fc.constantFrom(0.5, 1e21, 1e-7, 123456789.125, -0.25),
    fc.string({ maxLength: 5 }),
    fc.array(tie("value"), { maxLength: 3 }),
    tie("document"),
  ),
}));
const tree = fc.dictionary(
  fc.constantFrom("web/run.json", "web/src.json", "db/run.json", "_config/web/x.json", "device.json", "a.json"),
  document,
);

describeWith(["pvr"], "patches and the real pvr", () => {
  let turn = 0;
  function pvr(cwd: string, ...words: readonly string[]): string {
    const env = { ...process.env, HOME: root, PVR_DISABLE_SELF_UPGRADE: "true" };
    const done = spawnSync(findTool("pvr")!, words, { cwd, env, encoding: "utf8" });
    if (done.status !== 0) throw new Error(`pvr ${words.join(" ")}: ${done.stderr || done.stdout}`);
    return done.stdout;
  }

  function fill(folder: string, files: Readonly<Record<string, JsonValue>>): void {
    for (const [path, value] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), JSON.stringify(value));
    }
  }

  it("say the same of 40 random changes, and lead to the same state", () => {
    fc.assert(
      fc.property(tree, tree, (before, after) => {
        const folder = join(root, `repo-${turn++}`);
        mkdirSync(folder);
        pvr(folder, "init");
        fill(folder, before);
        pvr(folder, "add", ".");
        pvr(folder, "commit", "-m", "before");
        const pristine = readFileSync(join(folder, ".pvr/json"));
        for (const path of Object.keys(before)) rmSync(join(folder, path));
        fill(folder, after);
        pvr(folder, "add", ".");
        const working = pvr(folder, "json", "-c");
        const patch = createPatch(parseState(pristine), parseState(working));
        const theirs = pvr(folder, "diff");
        expect(canonicalJson(patch)).toBe(canonicalJson(new TextEncoder().encode(theirs)));
        pvr(folder, "commit", "-m", "after");
        const ours = applyPatch(parseState(pristine), JSON.parse(theirs) as JsonObject);
        expect(formatState(ours)).toBe(readFileSync(join(folder, ".pvr/json"), "utf8"));
      }),
      { numRuns: 40, seed: 7386 },
    );
  });
});
