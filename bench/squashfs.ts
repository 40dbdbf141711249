/**
 * How fast and how small trees are packed, next to mksquashfs and gensquashfs on the same folder: each run a process of
 * its own, in turn, medians. `npm run bench -- squashfs --folder=DIR` (a Debian root is made with mmdebstrap unless
 * given), `--rounds=3`, `--only=gzip` (part of names, also several), `--json=FILE`, `--work=DIR`. Needs `npm run build`
 * and GNU time. Figures and how to read them: docs/performance.md.
 */
import { existsSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benchSquashfs, type Report } from "./squashfs/candidates.ts";

const { values } = parseArgs({
  options: {
    folder: { type: "string" },
    rounds: { type: "string", default: "3" },
    only: { type: "string", multiple: true, default: [] },
    json: { type: "string" },
    work: { type: "string", default: join(tmpdir(), "pv-sdk-bench") },
  },
});

function table({ corpus, tools, rounds, rows }: Report): string {
  const lines = [
    `${corpus.entries} entries, ${corpus.files} files, ${(corpus.bytes / 1e6).toFixed(1)} MB; ` +
      `median of ${rounds}; ${availableParallelism()} cores (${cpus()[0]?.model.trim()}), load ${loadavg()[0]!.toFixed(1)}; ` +
      Object.entries(tools)
        .map(([name, version]) => `${name} ${version}`)
        .join(", "),
    "",
    "| | wall s | CPU s | peak RSS MB | MB | wall | CPU | size |",
    "|---|---|---|---|---|---|---|---|",
  ];
  for (const { name, wallSeconds, cpuSeconds, rssMegabytes, sizeBytes, ratios } of rows) {
    const cells = [
      name,
      wallSeconds.toFixed(1),
      cpuSeconds.toFixed(2),
      rssMegabytes.toFixed(0),
      sizeBytes === undefined ? "" : (sizeBytes / 1e6).toFixed(2),
      ratios ? `${ratios.wall.toFixed(2)}x` : "",
      ratios ? `${ratios.cpu.toFixed(2)}x` : "",
      ratios?.size === undefined ? "" : `${((ratios.size - 1) * 100).toFixed(1)} %`,
    ];
    lines.push(`| ${cells.join(" | ")} |`);
  }
  return lines.join("\n");
}

if (!existsSync(join(import.meta.dirname, "../dist/wasm-squashfs/index.js")))
  throw new Error("build first: npm run build");
const report = benchSquashfs({
  folder: values.folder,
  rounds: Math.max(1, Number(values.rounds)),
  only: values.only,
  workFolder: values.work,
});
console.log(table(report));
if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
