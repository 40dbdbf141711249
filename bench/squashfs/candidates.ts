import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { countFolder, debianRoot, editedCopy, madeFolder } from "./corpus.ts";
import { measure, median, type Run } from "./measure.ts";

/** How to run it. */
export interface BenchOptions {
  /** What is packed; a Debian root is made unless given. */
  folder: string | undefined;
  rounds: number;
  /** Parts of names; all unless given. */
  only: readonly string[];
  /** Where images and copies go. */
  workFolder: string;
}

/** One line of the table. */
export interface Row {
  name: string;
  /** The candidate it is compared with: the peer at the same setting. */
  against: string | undefined;
  wallSeconds: number;
  cpuSeconds: number;
  rssMegabytes: number;
  sizeBytes: number | undefined;
  /** Above 1: faster or smaller than the peer. */
  ratios: { wall: number; cpu: number; size: number | undefined } | undefined;
}

interface Candidate {
  name: string;
  against?: string;
  /** Runs it; says how large the result is, where there is one. */
  run: () => { run: Run; sizeBytes?: number };
}

export interface Report {
  corpus: { folder: string; entries: number; files: number; bytes: number };
  tools: Readonly<Record<string, string>>;
  rounds: number;
  rows: readonly Row[];
}

const here = import.meta.dirname;

function versionOf(tool: string, ...args: string[]): string {
  const { stdout, stderr, error } = spawnSync(tool, args, { encoding: "utf8" });
  return error ? "absent" : (/\d+(?:\.\d+)+/.exec(stdout + stderr)?.[0] ?? "unknown");
}

/** Packs and reads, in turn with the tools that do the same. */
export function benchSquashfs(options: BenchOptions): Report {
  const { workFolder, rounds, only } = options;
  mkdirSync(workFolder, { recursive: true });
  const root = options.folder ?? debianRoot(workFolder);
  const edited = editedCopy(root, workFolder);
  const time = join(workFolder, "time.txt");
  const image = (name: string): string => join(workFolder, `${name.replaceAll(/[^a-z0-9]+/g, "-")}.squashfs`);

  const peer = (name: string, tool: string, args: (out: string) => readonly string[], against?: string): Candidate => ({
    name,
    ...(against === undefined ? {} : { against }),
    run() {
      const out = image(name);
      rmSync(out, { force: true });
      const run = measure(tool, args(out), time);
      return { run, sizeBytes: statSync(out).size };
    },
  });
  const mksquashfs = (name: string, ...args: string[]): Candidate =>
    peer(name, "mksquashfs", (out) => [root, out, "-noappend", "-quiet", "-no-progress", ...args]);
  const ours = (name: string, against: string | undefined, settings: object, folder = root): Candidate => ({
    ...peer(name, process.execPath, (out) => [join(here, "pack.js"), folder, out, JSON.stringify(settings)]),
    ...(against === undefined ? {} : { against }),
  });
  /** A folder of files made for it. */
  const memory = (name: string, count: number, sizeBytes: number): Candidate => {
    const candidate = ours(name, undefined, {}, join(workFolder, `made-${count}`));
    return {
      ...candidate,
      run() {
        madeFolder(workFolder, count, sizeBytes);
        return candidate.run();
      },
    };
  };

  const all: Candidate[] = [
    mksquashfs("mksquashfs gzip 9"),
    ours("ours gzip 9", "mksquashfs gzip 9", { level: 9 }),
    ours("ours gzip 9 stable", "mksquashfs gzip 9", { level: 9, fragments: "stable" }),
    peer(
      "gensquashfs gzip 9",
      "gensquashfs",
      (out) => ["-q", "-c", "gzip", "-j", "2", "-D", root, out],
      "mksquashfs gzip 9",
    ),
    mksquashfs("mksquashfs gzip 6", "-Xcompression-level", "6"),
    ours("ours gzip 6", "mksquashfs gzip 6", {}),
    ours("ours gzip 6 portable", "mksquashfs gzip 6", { portable: true }),
    ours("ours gzip 6, unchanged, reuse", "mksquashfs gzip 6", { reuse: image("ours gzip 6") }),
    ours("ours gzip 6, 5 % changed, reuse", "mksquashfs gzip 6", { reuse: image("ours gzip 6") }, edited),
    ours("ours gzip 6 stable", "mksquashfs gzip 6", { fragments: "stable" }),
    ours(
      "ours gzip 6 stable, 5 % changed, reuse",
      "mksquashfs gzip 6",
      { fragments: "stable", reuse: image("ours gzip 6 stable") },
      edited,
    ),
    mksquashfs("mksquashfs zstd 15", "-comp", "zstd"),
    ours("ours zstd 15", "mksquashfs zstd 15", { compressor: "zstd" }),
    mksquashfs("mksquashfs xz", "-comp", "xz"),
    ours("ours xz", "mksquashfs xz", { compressor: "xz" }),
    ours("ours xz WebAssembly", "mksquashfs xz", { compressor: "xz", portable: true }),
    mksquashfs("mksquashfs lz4 hc", "-comp", "lz4", "-Xhc"),
    ours("ours lz4 hc", "mksquashfs lz4 hc", { compressor: "lz4" }),
    memory("ours, 10,000 entries", 10_000, 2000),
    memory("ours, 100,000 entries", 100_000, 200),
    memory("ours, one file of 2 GB", 1, 2_000_000_000),
  ];
  const candidates = only.length === 0 ? all : all.filter(({ name }) => only.some((part) => name.includes(part)));

  const runs = new Map<string, { run: Run; sizeBytes?: number }[]>(candidates.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const { name, run } of candidates) {
      const done = run();
      runs.get(name)!.push(done);
      const { wallSeconds, cpuSeconds, rssMegabytes } = done.run;
      console.error(
        `${round}/${rounds} ${name}: ${wallSeconds.toFixed(1)} s, CPU ${cpuSeconds.toFixed(2)} s, ${Math.round(rssMegabytes)} MB`,
      );
    }
  }

  const middle = (name: string, value: (run: Run) => number): number =>
    median(runs.get(name)!.map(({ run }) => value(run)));
  const rows = candidates.map(({ name, against }): Row => {
    const sizeBytes = runs.get(name)!.at(-1)?.sizeBytes;
    const peerSize = against === undefined ? undefined : runs.get(against)?.at(-1)?.sizeBytes;
    const known = against !== undefined && runs.has(against);
    return {
      name,
      against: known ? against : undefined,
      wallSeconds: middle(name, (run) => run.wallSeconds),
      cpuSeconds: middle(name, (run) => run.cpuSeconds),
      rssMegabytes: Math.max(...runs.get(name)!.map(({ run }) => run.rssMegabytes)),
      sizeBytes,
      ratios: known
        ? {
            wall: middle(against, (run) => run.wallSeconds) / middle(name, (run) => run.wallSeconds),
            cpu: middle(against, (run) => run.cpuSeconds) / middle(name, (run) => run.cpuSeconds),
            size: sizeBytes !== undefined && peerSize !== undefined ? sizeBytes / peerSize : undefined,
          }
        : undefined,
    };
  });
  return {
    corpus: { folder: root, ...countFolder(root) },
    tools: {
      node: process.version,
      zlib: process.versions["zlib"] ?? "",
      mksquashfs: versionOf("mksquashfs", "-version"),
      gensquashfs: versionOf("gensquashfs", "--version"),
    },
    rounds,
    rows,
  };
}
