import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** What one run took. */
export interface Run {
  wallSeconds: number;
  /** User and system time of all threads. */
  cpuSeconds: number;
  /** Peak resident set. */
  rssMegabytes: number;
  stdout: string;
}

const TIME = "/usr/bin/time";

/** Runs a command under GNU time. */
export function measure(command: string, args: readonly string[], reportFile: string): Run {
  if (!existsSync(TIME)) throw new Error(`the benchmark needs GNU time as ${TIME} (package time)`);
  const format = ["-o", reportFile, "-f", "%e %U %S %M"];
  const done = spawnSync(TIME, [...format, command, ...args], { encoding: "utf8", maxBuffer: 2 ** 26 });
  if (done.status !== 0) throw new Error(`${command} ${args.join(" ")}\n${done.stderr || done.error}`);
  const [wall, user, system, kilobytes] = readFileSync(reportFile, "utf8").trim().split(" ").map(Number);
  return {
    wallSeconds: wall!,
    cpuSeconds: user! + system!,
    rssMegabytes: kilobytes! / 1024,
    stdout: done.stdout,
  };
}

/** The middle one; of an even number the mean of the two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
