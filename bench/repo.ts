/**
 * A working copy of 5,000 files, 1,000 of them objects, 2 GB: `add`, `commit`, `status` and `diff` of pvsdk next to pvr,
 * each command a process of its own, in turn, medians. pvr is `PVR_BIN`, or `pvr` of the PATH; without it pvsdk is
 * measured alone, and that is said. `npm run bench -- repo --rounds=3 --json=FILE --work=DIR --megabytes=2000`. Needs
 * `npm run build`, GNU time, and three times the megabytes on the disk of `--work`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measure, median, type Run } from "./squashfs/measure.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    json: { type: "string" },
    work: { type: "string", default: join(tmpdir(), "pv-sdk-bench") },
    megabytes: { type: "string", default: "2000" },
  },
});
const [FILES, OBJECTS] = [5000, 1000];
const rounds = Math.max(1, Number(values.rounds));
const objectBytes = Math.floor((Number(values.megabytes) * 1e6) / OBJECTS);
const program = join(import.meta.dirname, "../examples/cli/dist/pvsdk.js");
if (!existsSync(program)) throw new Error("build first: npm run build");
const found = spawnSync("sh", ["-c", "command -v pvr"], { encoding: "utf8" }).stdout.trim();
const pvr = process.env["PVR_BIN"] ?? (found || undefined);

const folder = join(values.work, "repo");
const tree = join(folder, "tree");
const commands = { add: ["add", "."], commit: ["commit"], status: ["status"], diff: ["diff"] } as const;
type Name = keyof typeof commands;
const names = Object.keys(commands) as Name[];

/** Bytes that do not compress, other ones for each seed. */
const noise = Buffer.alloc(objectBytes + 8 * OBJECTS);
for (let at = 0, word = 1; at + 4 <= noise.length; at += 4) {
  word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
  noise.writeUInt32LE(word, at);
}

const path = (at: number): string =>
  at < OBJECTS ? `app-${at % 50}/volume-${at}.img` : `_config/app-${at % 50}/etc/${at}.json`;

function writeOne(at: number, turn: number): void {
  if (at < OBJECTS) {
    const bytes = Buffer.from(noise.subarray(8 * at, 8 * at + objectBytes));
    bytes.writeUInt32LE(turn, 0);
    writeFileSync(join(tree, path(at)), bytes);
  } else writeFileSync(join(tree, path(at)), JSON.stringify({ name: `file ${at}`, turn, list: [at, "x", true, 1.5] }));
}

/** One object in a hundred and one document in a hundred. */
function change(turn: number): void {
  for (let at = 0; at < FILES; at += 100) writeOne(at, turn);
}

function makeTree(): void {
  rmSync(folder, { recursive: true, force: true });
  for (let at = 0; at < 50; at++) {
    mkdirSync(join(tree, `app-${at}`), { recursive: true });
    mkdirSync(join(tree, `_config/app-${at}/etc`), { recursive: true });
  }
  for (let at = 0; at < FILES; at++) writeOne(at, 0);
}

/** One tool through the four commands; what they print must be the same for both. */
function round(tool: string, prefix: readonly string[]): { runs: Record<Name, Run>; changes: number } {
  rmSync(join(tree, ".pvr"), { recursive: true, force: true });
  process.chdir(tree);
  Object.assign(process.env, { HOME: join(folder, "home"), PVR_DISABLE_SELF_UPGRADE: "true" });
  mkdirSync(process.env["HOME"]!, { recursive: true });
  const [command, ...words] = [...prefix];
  const run = (args: readonly string[]): Run => {
    // What was written before is not this command's work.
    spawnSync("sync");
    const done = measure(command!, [...words, ...args], join(folder, "time.txt"));
    console.error(`${tool} ${args[0]}: ${done.wallSeconds} s, CPU ${done.cpuSeconds.toFixed(2)} s`);
    return done;
  };
  run(["init", "-o", ".pvr/objects"]);
  const runs = {} as Record<Name, Run>;
  for (const name of names) {
    if (name === "status") change(1);
    runs[name] = run(commands[name]);
  }
  change(0);
  return { runs, changes: runs.status.stdout.trim().split("\n").length };
}

const tools: Readonly<Record<string, readonly string[]>> = {
  ...(pvr ? { pvr: [pvr] } : {}),
  pvsdk: [process.execPath, program],
};
makeTree();
const all = new Map<string, Record<Name, Run>[]>(Object.keys(tools).map((tool) => [tool, []]));
for (let at = 0; at < rounds; at++) {
  const counts = Object.entries(tools).map(([tool, prefix]) => {
    const { runs, changes } = round(tool, prefix);
    all.get(tool)!.push(runs);
    return changes;
  });
  if (counts.some((count) => count !== FILES / 100)) throw new Error(`changes were found: ${counts.join(", ")}`);
}
process.chdir("/");
rmSync(folder, { recursive: true, force: true });

const middle = (tool: string, name: Name, value: (run: Run) => number): number =>
  median(all.get(tool)!.map((runs) => value(runs[name])));
const rows = names.map((command) => {
  const of = (tool: string) => ({
    wallSeconds: middle(tool, command, (run) => run.wallSeconds),
    cpuSeconds: middle(tool, command, (run) => run.cpuSeconds),
    rssMegabytes: Math.max(...all.get(tool)!.map((runs) => runs[command].rssMegabytes)),
  });
  return { command, pvsdk: of("pvsdk"), pvr: pvr ? of("pvr") : undefined };
});

console.log(
  `${FILES} files, ${OBJECTS} objects, ${values.megabytes} MB; median of ${rounds}; ${availableParallelism()} cores ` +
    `(${cpus()[0]?.model.trim()}), load ${loadavg()[0]!.toFixed(1)}; Node ${process.version}`,
);
if (!pvr) console.log("pvr is not here (PVR_BIN): nothing is compared");
console.log(
  "\n| | pvsdk s | CPU s | peak RSS MB | pvr s | CPU s | peak RSS MB | wall | CPU |\n|---|---|---|---|---|---|---|---|---|",
);
for (const { command, pvsdk, pvr: peer } of rows) {
  const cells = [pvsdk, peer].flatMap((one) =>
    one ? [one.wallSeconds.toFixed(2), one.cpuSeconds.toFixed(2), one.rssMegabytes.toFixed(0)] : ["", "", ""],
  );
  const ratio = (key: "wallSeconds" | "cpuSeconds"): string => (peer ? `${(peer[key] / pvsdk[key]).toFixed(2)}x` : "");
  console.log(`| ${[command, ...cells, ratio("wallSeconds"), ratio("cpuSeconds")].join(" | ")} |`);
}
if (values.json)
  writeFileSync(values.json, `${JSON.stringify({ files: FILES, objects: OBJECTS, rounds, rows }, null, 2)}\n`);
