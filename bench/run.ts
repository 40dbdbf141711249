/** Runs the benchmarks named (`npm run bench -- diff`), or all of this folder, each in a process of its own. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const folder = import.meta.dirname;
const all = readdirSync(folder)
  .filter((name) => name.endsWith(".ts") && name !== "run.ts")
  .map((name) => name.slice(0, -3));
const [named, options] = [
  process.argv.slice(2).filter((word) => !word.startsWith("-")),
  process.argv.slice(2).filter((word) => word.startsWith("-")),
];
for (const name of named.length > 0 ? named : all) {
  if (!all.includes(name)) {
    console.error(`no benchmark is called ${name}; there are ${all.join(", ")}`);
    process.exitCode = 1;
    continue;
  }
  console.log(`\n== ${name}`);
  const { status } = spawnSync(process.execPath, [join(folder, `${name}.ts`), ...options], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
