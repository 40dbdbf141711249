/**
 * Lists an image and hashes every file, against `unsquashfs` of the same image to folders: wall and CPU time in turns,
 * medians. `npm run bench -- squashfs-read --image=FILE` or `--tree=FOLDER` (packed with mksquashfs first), `--rounds=5`,
 * `--to=FOLDER` (where unsquashfs writes, also several: a disk and /dev/shm), `--json=FILE`. Needs `npm run build`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

interface Run {
  wallSeconds: number;
  cpuSeconds: number;
}

/** What one process took; CPU is user and system time of it and what it waited for. */
function timed(command: readonly string[]): Run {
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null 2>&1';
  const { stderr, status } = spawnSync("bash", ["-c", script, "bash", ...command], { encoding: "utf8" });
  const [wall, user, system] = stderr.trim().split("\n").at(-1)!.split(" ").map(Number);
  // unsquashfs says 2 where it left out attributes that squashfs cannot hold.
  if (status !== 0 && status !== 2) throw new Error(`${command[0]} failed with ${status}: ${stderr}`);
  return { wallSeconds: wall!, cpuSeconds: user! + system! };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

const { values } = parseArgs({
  options: {
    image: { type: "string" },
    tree: { type: "string", default: "/usr/lib" },
    rounds: { type: "string", default: "5" },
    to: { type: "string", multiple: true, default: [tmpdir()] },
    json: { type: "string" },
  },
});
const built = join(import.meta.dirname, "../dist/wasm-squashfs/index.js");
if (!existsSync(built)) throw new Error("build first: npm run build");
const folder = mkdtempSync(join(tmpdir(), "squashfs-read-"));
try {
  const image = values.image ?? join(folder, "image.squashfs");
  if (!values.image) timed(["mksquashfs", values.tree, image, "-noappend", "-quiet", "-no-progress"]);
  const script = `
    import { openSquashfs } from ${JSON.stringify(built)};
    import { fileSource } from ${JSON.stringify(built.replace("wasm-squashfs", "node"))};
    import { sha256 } from ${JSON.stringify(built.replace("wasm-squashfs", "objects"))};
    await using image = await openSquashfs(fileSource(process.argv[1]));
    for await (const entry of image) if (entry.kind === "file") await sha256(entry.open());`;
  const ours: Run[] = [];
  const theirs = new Map<string, Run[]>(values.to.map((to) => [to, []]));
  for (let round = Number(values.rounds); round > 0; round--) {
    ours.push(timed([process.execPath, "--input-type=module", "-e", script, image]));
    for (const [to, runs] of theirs) {
      const out = mkdtempSync(join(to, "squashfs-read-"));
      runs.push(timed(["unsquashfs", "-q", "-n", "-f", "-d", out, image]));
      rmSync(out, { recursive: true, force: true });
    }
  }
  const middle = (runs: readonly Run[]): Run => ({
    wallSeconds: median(runs.map(({ wallSeconds }) => wallSeconds)),
    cpuSeconds: median(runs.map(({ cpuSeconds }) => cpuSeconds)),
  });
  const mine = middle(ours);
  const rows = [...theirs].map(([to, runs]) => {
    const peer = middle(runs);
    const ratios = { wall: peer.wallSeconds / mine.wallSeconds, cpu: peer.cpuSeconds / mine.cpuSeconds };
    return { name: `unsquashfs to ${to}`, ...peer, ratios };
  });
  const imageBytes = statSync(image).size;
  console.log(`image of ${(imageBytes / 1e6).toFixed(1)} MB, medians of ${ours.length} rounds; ratios of ours to each`);
  console.log("\n| | wall s | CPU s | wall | CPU |\n|---|---|---|---|---|");
  console.log(`| ours: list and hash | ${mine.wallSeconds.toFixed(2)} | ${mine.cpuSeconds.toFixed(2)} | | |`);
  for (const { name, wallSeconds, cpuSeconds, ratios } of rows) {
    const cells = [
      wallSeconds.toFixed(2),
      cpuSeconds.toFixed(2),
      `${ratios.wall.toFixed(2)}x`,
      `${ratios.cpu.toFixed(2)}x`,
    ];
    console.log(`| ${name} | ${cells.join(" | ")} |`);
  }
  const report = { imageBytes, rounds: ours.length, listAndHash: mine, rows };
  if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
