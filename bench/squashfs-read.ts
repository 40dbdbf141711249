/**
 * Lists an image and hashes every file, against `unsquashfs` of the same image to a folder: wall and CPU time in turns,
 * medians. `npm run bench -- squashfs-read --image=FILE` or `--tree=FOLDER` (packed with mksquashfs first), `--rounds=5`,
 * `--json`. Needs `npm run build`, unsquashfs and GNU time's figures from the shell.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
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
    json: { type: "boolean", default: false },
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
  const theirs: Run[] = [];
  for (let round = Number(values.rounds); round > 0; round--) {
    ours.push(timed([process.execPath, "--input-type=module", "-e", script, image]));
    const out = join(folder, "out");
    theirs.push(timed(["unsquashfs", "-q", "-n", "-d", out, image]));
    rmSync(out, { recursive: true, force: true });
  }
  const row = (runs: readonly Run[]): { wall: number; cpu: number } => ({
    wall: median(runs.map(({ wallSeconds }) => wallSeconds)),
    cpu: median(runs.map(({ cpuSeconds }) => cpuSeconds)),
  });
  const [mine, peer] = [row(ours), row(theirs)];
  const result = {
    imageBytes: statSync(image).size,
    rounds: ours.length,
    listAndHash: mine,
    unsquashfs: peer,
    wallRatio: peer.wall / mine.wall,
    cpuRatio: peer.cpu / mine.cpu,
  };
  if (values.json) console.log(JSON.stringify(result));
  else {
    console.log(`image of ${(result.imageBytes / 1e6).toFixed(1)} MB, medians of ${result.rounds} rounds`);
    console.log("                    wall s    CPU s");
    console.log(`list and hash     ${mine.wall.toFixed(2).padStart(8)} ${mine.cpu.toFixed(2).padStart(8)}`);
    console.log(`unsquashfs        ${peer.wall.toFixed(2).padStart(8)} ${peer.cpu.toFixed(2).padStart(8)}`);
    console.log(
      `ratio             ${result.wallRatio.toFixed(2).padStart(8)} ${result.cpuRatio.toFixed(2).padStart(8)}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
