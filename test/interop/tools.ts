import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe } from "vitest";

/** What `.ci/run` installs: in CI a test of one of these is never skipped, it fails when the tool is absent. */
const installedByCi: ReadonlySet<string> = new Set([
  "mksquashfs",
  "unsquashfs",
  "gensquashfs",
  "veritysetup",
  "e2fsck",
  "python3",
  "skopeo",
  "umoci",
  "docker-registry",
  "getfattr",
  "setfattr",
  "setcap",
  "bsdtar",
  "mmdebstrap",
  "zstd",
  "xz",
  "lz4",
  "busybox",
  "chromium",
  "openssl",
  "tar",
]);

/** The path of a tool: from its variable (`PVR_BIN` for `pvr`), else from PATH; undefined when absent. */
export function findTool(name: string): string | undefined {
  const named = process.env[`${name.toUpperCase().replaceAll("-", "_")}_BIN`];
  if (named) return existsSync(named) ? named : undefined;
  const found = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).stdout.trim();
  return found || undefined;
}

/** True as root where loop devices work (mount tests). */
export function canMount(): boolean {
  return process.getuid?.() === 0 && existsSync("/dev/loop-control");
}

/**
 * A suite that needs tools. Absent ones skip it, and the suite's name says which; in CI it fails instead for a tool
 * that CI installs.
 */
export function describeWith(tools: readonly string[], name: string, suite: () => void): void {
  const absent = tools.filter((tool) => (tool === "mount" ? !canMount() : findTool(tool) === undefined));
  const mustBeThere = process.env["CI"] !== undefined && absent.some((tool) => installedByCi.has(tool));
  if (absent.length === 0 || mustBeThere) describe(name, suite);
  else describe.skip(`${name} (needs ${absent.join(", ")})`, suite);
}
