/**
 * One image of three layers from a registry over TLS to a signed export: ours in one process, at level 6 and at gzip 9,
 * next to `pvr app add`, `pvr sig add`, `pvr export` (xz), in turn, medians. What pvr needs between them (`add`,
 * `commit`) is not counted. pvr is `PVR_BIN`, or `pvr` of the PATH; without it ours is measured alone, and that is said.
 * `npm run bench -- container --rounds=3 --json=FILE --work=DIR`. Needs `npm run build`, root (layers have owners),
 * GNU time, docker-registry, skopeo, umoci, mmdebstrap, setfattr, setcap, openssl.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { debianLayout, type ServedImage, serveImage } from "./container/image.ts";
import { measure, median, type Run } from "./squashfs/measure.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    json: { type: "string" },
    work: { type: "string", default: join(tmpdir(), "pv-sdk-bench") },
  },
});
const rounds = Math.max(1, Number(values.rounds));
const found = spawnSync("sh", ["-c", "command -v pvr"], { encoding: "utf8" }).stdout.trim();
const pvr = process.env["PVR_BIN"] ?? (found || undefined);

/** One way from the image to the export. */
interface Sample extends Omit<Run, "stdout"> {
  /** Bytes of the export. */
  sizeBytes: number;
}

const folder = join(values.work, "container");

/** Without what an earlier round has left; the disk at rest. */
function fresh(name: string): string {
  const place = join(folder, name);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  spawnSync("sync");
  return place;
}

function ours(level: number, image: ServedImage): Sample {
  const place = fresh("ours");
  process.env["NODE_EXTRA_CA_CERTS"] = image.ca;
  const program = join(import.meta.dirname, "container/build.ts");
  const words = [program, image.reference, String(level), image.key, image.certificates, place];
  const { stdout: _, ...run } = measure(process.execPath, words, join(folder, "time.txt"));
  return { ...run, sizeBytes: statSync(join(place, "web.tgz")).size };
}

function theirs(command: string, image: ServedImage): Sample {
  const place = fresh("pvr");
  const home = fresh("home");
  Object.assign(process.env, { HOME: home, SSL_CERT_FILE: image.ca, PVR_DISABLE_SELF_UPGRADE: "true" });
  process.chdir(place);
  const run = (...words: string[]): Run => measure(command, words, join(folder, "time.txt"));
  run("init", "-o", ".pvr/objects");
  const source = ["--source", "remote", "--from", image.reference, "--group", "app"];
  const counted = [run("app", "add", ...source, "web")];
  run("add", ".");
  run("commit");
  counted.push(run("sig", "--key", image.key, "--x5c", image.certificates, "add", "--part", "web"));
  run("add", ".");
  run("commit");
  counted.push(run("export", join(place, "web.tgz")));
  process.chdir("/");
  const sum = (value: (one: Run) => number): number => counted.reduce((total, one) => total + value(one), 0);
  return {
    wallSeconds: sum((one) => one.wallSeconds),
    cpuSeconds: sum((one) => one.cpuSeconds),
    rssMegabytes: Math.max(...counted.map((one) => one.rssMegabytes)),
    sizeBytes: statSync(join(place, "web.tgz")).size,
  };
}

const layout = debianLayout(values.work);
rmSync(folder, { recursive: true, force: true });
const image = await serveImage(layout, join(folder, "registry"));
const ways: Readonly<Record<string, () => Sample>> = {
  "pvsdk, gzip 6": () => ours(6, image),
  "pvsdk, gzip 9": () => ours(9, image),
  ...(pvr ? { "pvr, xz": () => theirs(pvr, image) } : {}),
};
const samples = new Map<string, Sample[]>(Object.keys(ways).map((name) => [name, []]));
try {
  for (let at = 0; at < rounds; at++)
    for (const [name, way] of Object.entries(ways)) {
      const sample = way();
      samples.get(name)!.push(sample);
      console.error(`${name}: ${sample.wallSeconds.toFixed(1)} s, CPU ${sample.cpuSeconds.toFixed(1)} s`);
    }
} finally {
  image.close();
  rmSync(folder, { recursive: true, force: true });
}

const rows = [...samples].map(([name, all]) => ({
  name,
  wallSeconds: median(all.map((one) => one.wallSeconds)),
  cpuSeconds: median(all.map((one) => one.cpuSeconds)),
  rssMegabytes: Math.max(...all.map((one) => one.rssMegabytes)),
  sizeBytes: all[0]!.sizeBytes,
}));
const peer = rows.find(({ name }) => name.startsWith("pvr"));
console.log(
  `median of ${rounds}; ${availableParallelism()} cores (${cpus()[0]?.model.trim()}), load ${loadavg()[0]!.toFixed(1)}; ` +
    `Node ${process.version}`,
);
if (!peer) console.log("pvr is not here (PVR_BIN): nothing is compared");
console.log("\n| | s | CPU s | peak RSS MB | export MB | faster | less CPU |\n|---|---|---|---|---|---|---|");
for (const row of rows) {
  const ratio = (key: "wallSeconds" | "cpuSeconds"): string => (peer ? `${(peer[key] / row[key]).toFixed(1)}x` : "");
  const cells = [row.wallSeconds.toFixed(1), row.cpuSeconds.toFixed(1), row.rssMegabytes.toFixed(0)];
  console.log(
    `| ${[row.name, ...cells, (row.sizeBytes / 1e6).toFixed(1), ratio("wallSeconds"), ratio("cpuSeconds")].join(" | ")} |`,
  );
}
if (values.json)
  writeFileSync(values.json, `${JSON.stringify({ rounds, rows, samples: Object.fromEntries(samples) }, null, 2)}\n`);
