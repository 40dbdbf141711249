import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { fileSource } from "../../src/node/index.ts";
import { openSquashfs } from "../../src/wasm-squashfs/index.ts";
import { type Case, casesOf, expected } from "../container/replay.ts";
import { startRegistry, type TestRegistry } from "../sources/registry-server.ts";
import { type Desk, openDesk } from "./app-run.ts";

const vectors = join(import.meta.dirname, "../vectors/app");
/** Where pvr had its registry. */
const RECORDED = "localhost:5561";

let registry: TestRegistry;
let desk: Desk;
beforeAll(async () => {
  registry = await startRegistry(join(vectors, "images"));
});
afterAll(() => registry.close());
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk.close());

/** One line an entry, as `unsquashfs -ll` shows it without times. */
async function listing(path: string): Promise<string[]> {
  const lines: string[] = [];
  const letters = { file: "-", directory: "d", symlink: "l", char: "c", block: "b", fifo: "p", socket: "s" } as const;
  await using image = await openSquashfs(fileSource(path));
  for await (const found of image) {
    const entry = found.kind === "hardlink" ? { ...(await image.find(found.path))!, path: found.path } : found;
    const bits = [6, 3, 0].map((shift) => {
      const special = entry.mode & { 6: 0o4000, 3: 0o2000, 0: 0o1000 }[shift]!;
      const x = (entry.mode >> shift) & 1;
      const last = special ? (shift === 0 ? (x ? "t" : "T") : x ? "s" : "S") : x ? "x" : "-";
      return `${(entry.mode >> shift) & 4 ? "r" : "-"}${(entry.mode >> shift) & 2 ? "w" : "-"}${last}`;
    });
    const size =
      entry.kind === "directory"
        ? "-"
        : "sizeBytes" in entry
          ? entry.sizeBytes
          : "major" in entry
            ? `${entry.major},${entry.minor}`
            : "target" in entry
              ? entry.target.length
              : 0;
    const shown = ["squashfs-root", ...(entry.path === "" ? [] : [entry.path])].join("/");
    const kind = letters[entry.kind as keyof typeof letters];
    const to = entry.kind === "symlink" ? ` -> ${entry.target}` : "";
    lines.push(`${kind}${bits.join("")} ${entry.uid}/${entry.gid} ${size} ${shown}${to}`);
  }
  return lines.sort();
}

function merge(into: Record<string, unknown>, by: Record<string, unknown>): Record<string, unknown> {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const out = { ...into };
  for (const [key, value] of Object.entries(by))
    out[key] = isObject(out[key]) && isObject(value) ? merge(out[key], value) : value;
  return out;
}

const local = (text: string): string => text.replaceAll(RECORDED, registry.host);

/** Plays the steps of a case in the working folder; gives the exit codes. */
async function play(one: Case): Promise<{ rcs: number[]; stderr: string }> {
  const sources = join(desk.folder, "../rootfs-src");
  cpSync(join(vectors, "rootfs-src"), sources, { recursive: true });
  cpSync(join(vectors, "rootfs-config.json"), join(sources, "config.json"));
  for (const folder of ["etc", "lib/modules/1", "sbin"])
    mkdirSync(join(sources, "folder", folder), { recursive: true });
  writeFileSync(join(sources, "folder/etc/os-release"), "NAME=x\n");
  writeFileSync(join(sources, "folder/lib/modules/1/m.ko"), "ko\n");
  writeFileSync(join(sources, "folder/sbin/init"), "#!/sbin", { mode: 0o755 });
  symlinkSync("sbin/init", join(sources, "folder/init"));
  writeFileSync(join(desk.folder, "../cfg.json"), '{"Cmd":["/other"]}');
  await desk.pvsdk("init");
  for (const [path, value] of Object.entries(one.pre_state_files)) {
    mkdirSync(dirname(join(desk.folder, path)), { recursive: true });
    writeFileSync(join(desk.folder, path), JSON.stringify(value));
  }
  await desk.pvsdk("add", ".");
  await desk.pvsdk("commit");
  const [rcs, errors]: [number[], string[]] = [[], []];
  for (const { argv, patch_src: app, merge: by } of one.steps) {
    if (app !== undefined) {
      const path = join(desk.folder, app, "src.json");
      writeFileSync(path, JSON.stringify(merge(JSON.parse(readFileSync(path, "utf8")), by!), null, 1));
    }
    if (!argv) continue;
    const { rc, stderr } = await desk.pvsdk(...argv.slice(1).map(local));
    rcs.push(rc);
    errors.push(stderr);
  }
  return { rcs, stderr: errors.join("") };
}

/** Where pvr is not followed even with PV_COMPAT (docs/compatibility.md); each has a test below. */
const notCopied = new Set(["d15-two-volumes-broken-json", "d31-untagged-with-port"]);
/** The root's mode is the umask of pvr's process there; ours is 0755 for images, as it is in the folder elsewhere. */
const withoutRoot = (lines: readonly string[]): string[] => lines.filter((line) => !/ squashfs-root$/.test(line));
const withoutDigest = (text: string): string =>
  text.replace(/"rootfs_digest": "sha256:[0-9a-f]{64}"/, '"rootfs_digest": ""');

const cases = (["docker", "rootfs"] as const).flatMap((kind) =>
  casesOf(kind).map((one) => ({ kind, one, name: one.name })),
);

describe("every recorded case of pvr, with PV_COMPAT=pvr-2023", () => {
  beforeEach(() => void vi.stubEnv("PV_COMPAT", "pvr-2023"));

  it("is there", () => expect(cases.length).toBe(37));

  it.each(cases.filter(({ name }) => !notCopied.has(name)))("$name", async ({ kind, one }) => {
    const { rcs, stderr } = await play(one);
    expect(rcs, stderr).toEqual(one.steps.flatMap((step) => ("rc" in step ? [step.rc] : [])));
    const edited = one.steps.some(({ patch_src }) => patch_src !== undefined);
    for (const app of one.app) {
      const here = (file: string): string | undefined => {
        const path = join(desk.folder, app, file);
        return existsSync(path) ? readFileSync(path, "utf8") : undefined;
      };
      const wanted = (file: string): string | undefined => {
        const text = expected(kind, one, app, file);
        return text === undefined ? undefined : local(text);
      };
      for (const file of ["run.json", "lxc.container.conf"]) expect(here(file), file).toBe(wanted(file));
      const [source, recorded] = [here("src.json")!, wanted("src.json")!].map(withoutDigest);
      if (edited) expect(JSON.parse(source!)).toEqual(JSON.parse(recorded!));
      else expect(source).toBe(recorded);
      for (const image of ["root.squashfs", "root.ovl.squashfs"]) {
        const digest = `${image}.docker-digest`;
        expect(here(digest), digest).toBe(wanted(digest));
        const own = here(`${image}.rootfs-digest`);
        expect(own === undefined).toBe(wanted(`${image}.rootfs-digest`) === undefined);
        const lines = wanted(`${image}.lst`);
        expect(existsSync(join(desk.folder, app, image))).toBe(lines !== undefined);
        if (lines !== undefined)
          expect(withoutRoot(await listing(join(desk.folder, app, image)))).toEqual(
            withoutRoot(lines.trim().split("\n").sort()),
          );
      }
    }
  });
});
