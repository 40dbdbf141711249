import { describe, expect, it } from "vitest";
import { type Trust, type VerifyReport, verifyState } from "../../src/sign/index.ts";
import { keyFile, type PvrRun, pvrCases, readVector } from "./vectors.ts";

/** What the arguments of `pvr sig ls` trust; undefined where pvr never gets to look (no such file, a folder). */
function trustOf({ argv }: PvrRun, env: Record<string, string>): Trust | undefined {
  const option = (name: string): string | undefined => argv[argv.indexOf(name) + 1 || argv.length];
  const read = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : keyFile(path.replace("keys/", ""));
  try {
    const [publicKeys, certificates] = [option("--pubkey"), option("--cacerts") ?? env["PVR_SIG_CACERTS"]];
    return { publicKeys: read(publicKeys), certificates: read(certificates) };
  } catch {
    return undefined;
  }
}

function namesOf({ argv }: PvrRun): string[] | undefined {
  const names = argv.slice(argv.indexOf("ls") + 1).filter((word) => !word.startsWith("--"));
  return names.length > 0 ? names : undefined;
}

/** What `pvr sig ls` prints: unions over all signatures. */
function summaryOf({ signatures, paths }: VerifyReport): PvrRun["summary"] {
  const all = [...paths.keys()].sort();
  const selected = new Set(signatures.flatMap((signature) => signature.paths));
  const excluded = new Set(signatures.flatMap((signature) => signature.excluded));
  const lists = {
    protected: all.filter((key) => selected.has(key)),
    excluded: all.filter((key) => excluded.has(key) && !selected.has(key)),
    notseen: all.filter((key) => !selected.has(key) && !excluded.has(key)),
  };
  if (signatures.length === 0) return {};
  return Object.fromEntries(Object.entries(lists).filter(([, keys]) => keys.length > 0));
}

const runs = pvrCases.flatMap((one) =>
  one.ls.map((run) => ({ one, run, title: `${one.name} ${run.argv.slice(2).join(" ")}` })),
);

describe("policy pvr decides as the real pvr does", () => {
  it("over every recorded listing", () => expect(runs.length).toBe(60));

  it.each(runs)("$title -> $run.rc", async ({ one, run }) => {
    const trust = trustOf(run, one.env);
    const file = one.name === "s23-unsigned-state" ? "state.json" : "state-verify.json";
    const text = readVector("sign", one.name, file);
    // pvr fails over a missing file before it looks at the state; so does whoever reads the file for us.
    if (!trust) return expect(run.rc).not.toBe(0);
    const report = await verifyState(text, { policy: "pvr", trust, names: namesOf(run), now: new Date("2026-11-25") });
    expect(report.decision).toBe(run.rc === 0 ? "accept" : "reject");
    if (run.rc !== 0) return expect(report.reasons.filter(({ severity }) => severity === "error")).not.toEqual([]);
    const { protected: p, excluded, notseen } = run.summary ?? {};
    expect(summaryOf(report)).toEqual(JSON.parse(JSON.stringify({ protected: p, excluded, notseen })));
    for (const path of p ?? []) expect(report.paths.get(path)).toBe("trusted");
  });
});
