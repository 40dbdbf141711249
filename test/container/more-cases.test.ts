import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createContainer,
  imageLayout,
  renderContainer,
  type SourceDocument,
  updateContainer,
} from "../../src/container/index.ts";
import { isPvError, readBytes } from "../../src/core/index.ts";
import { utf8 } from "../../src/core/internal.ts";
import { fileSource, readDirectory } from "../../src/node/index.ts";
import { memoryStore } from "../../src/objects/index.ts";
import { compose, type Revision } from "../../src/revision/index.ts";
import { canonicalJson, composeState } from "../../src/state/index.ts";
import { describeWith, findTool } from "../interop/tools.ts";
import { startRegistry, type TestRegistry } from "../sources/registry-server.ts";
import { makeTestCa } from "../sources/test-ca.ts";
import { listingOf } from "./listing.ts";
import { writeImages } from "./made-images.ts";
import { type MoreCase, moreCases } from "./more-cases.ts";

/** What a tool leaves: files by path; or "fails". */
type Outcome = Record<string, string | string[]> | "fails";

const HOST = "registry.test";
const recordedPath = join(import.meta.dirname, "../vectors/app-more/outcomes.json");
const work = mkdtempSync(join(tmpdir(), "pv-more-"));
const names = Object.keys(moreCases);
const layoutOf = (name: string): string => join(work, String(names.indexOf(name)));
const texts = [
  "src.json",
  "run.json",
  "lxc.container.conf",
  "root.squashfs.docker-digest",
  "root.ovl.squashfs.docker-digest",
];
const images = ["root.squashfs", "root.ovl.squashfs"];

beforeAll(async () => {
  for (const name of names) await writeImages(layoutOf(name), moreCases[name]!.tags);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Ours, from the layout, with the names that a registry would give. */
async function ours(name: string, { steps }: MoreCase): Promise<Outcome> {
  const layout = readDirectory(layoutOf(name));
  let made: Revision = { state: composeState(), objects: memoryStore() };
  try {
    for (const { app, image, platform, base, patch, group, args, volumes } of steps) {
      const source = imageLayout(layout, { tag: image, platform });
      const from = {
        kind: source.kind,
        async open(options: Parameters<typeof source.open>[0]) {
          const opened = await source.open(options);
          const { docker_name, docker_digest, ...rest } = opened.origin as Record<string, string>;
          const named = { docker_name: `${HOST}/${docker_name}`, docker_digest: `${HOST}/${docker_digest}` };
          return { ...opened, origin: { ...rest, ...named, docker_source: "remote" } };
        },
      };
      const options = { from, base, group, args, volumes: volumes as never, compat: "pvr-2023" } as const;
      made = patch
        ? await updateContainer(made, app, { from, patch, compat: "pvr-2023" })
        : compose(made, await createContainer(app, { ...options, within: made }));
    }
  } catch (error) {
    if (!isPvError(error)) throw error;
    return "fails";
  }
  const found: Record<string, string | string[]> = {};
  for (const app of new Set(steps.map((step) => step.app))) {
    const rendered = renderContainer(app, made.state[`${app}/src.json`] as SourceDocument, { compat: "pvr-2023" });
    for (const file of texts) {
      const id = made.state[`${app}/${file}`];
      if (file === "run.json" || file === "src.json") found[`${app}/${file}`] = rendered[file];
      else if (typeof id === "string")
        found[`${app}/${file}`] = new TextDecoder().decode(await readBytes(made.objects.get(id)));
    }
    for (const file of images) {
      const id = made.state[`${app}/${file}`];
      if (typeof id === "string") found[`${app}/${file}`] = await listingOf(made.objects.get(id));
    }
  }
  return found;
}

const recorded = (): Record<string, Outcome> =>
  JSON.parse(readFileSync(recordedPath, "utf8")) as Record<string, Outcome>;

describe("more images and flags, with compat, against what pvr left", () => {
  it.each(names)("%s", async (name) => {
    const one = moreCases[name]!;
    const theirs = recorded()[name]!;
    // Where pvr cannot, ours may; what both can is the same.
    expect(theirs === "fails").toBe(one.fails === true);
    if (theirs === "fails") return;
    const found = await ours(name, one);
    if (one.numbers) {
      // A state holds values: 1.50 and 1.5 are one, whatever src.json had.
      const value = (of: Outcome): string => canonicalJson(utf8((of as Record<string, string>)["web/src.json"]!));
      expect(value(found)).toBe(value(theirs));
      delete (found as Record<string, unknown>)["web/src.json"];
      delete theirs["web/src.json"];
    }
    expect(found).toEqual(theirs);
  });
});

describeWith(["pvr", "mksquashfs", "openssl"], "what is recorded of pvr", () => {
  let registry: TestRegistry | undefined;
  const ca = makeTestCa();

  async function theirs(name: string, { steps }: MoreCase): Promise<Outcome> {
    registry = await startRegistry(layoutOf(name), undefined, ca);
    const host = registry.host.replace("127.0.0.1", "localhost");
    const folder = join(layoutOf(name), "repository");
    const home = join(layoutOf(name), "home");
    for (const path of [folder, home]) mkdirSync(path);
    writeFileSync(join(home, "ca.pem"), ca.ca);
    const env = { ...process.env, HOME: home, SSL_CERT_FILE: join(home, "ca.pem"), PVR_DISABLE_SELF_UPGRADE: "true" };
    const run = async (...args: string[]): Promise<boolean> => {
      const child = spawn("sh", ["-c", 'umask 022; exec "$@"', "sh", findTool("pvr")!, ...args], {
        cwd: folder,
        env,
        stdio: "ignore",
      });
      return (await new Promise<number | null>((done) => child.once("close", done))) === 0;
    };
    try {
      let fine = await run("init", "-o", ".pvr/objects");
      for (const { app, image, platform, base, patch, group, args = {}, volumes = {} } of steps) {
        const flags = [
          ...(patch ? ["update", "--patch"] : ["add"]),
          ...["--source", "remote", "--from", `${host}/${image}`],
          ...(platform === undefined ? [] : ["--platform", platform]),
          ...(base === undefined ? [] : ["--base", base]),
          ...(group === undefined ? [] : ["--group", group]),
          ...Object.entries(args).flatMap(([key, value]) => ["--arg", `${key}=${value}`]),
          ...Object.entries(volumes).flatMap(([key, value]) => ["--volume", `${key}:${value}`]),
        ];
        fine &&= await run("app", ...flags, app);
      }
      if (!fine) return "fails";
      const found: Record<string, string | string[]> = {};
      for (const app of new Set(steps.map((step) => step.app))) {
        for (const file of texts) {
          const path = join(folder, app, file);
          if (existsSync(path)) found[`${app}/${file}`] = readFileSync(path, "utf8").replaceAll(host, HOST);
        }
        for (const file of images) {
          const path = join(folder, app, file);
          if (existsSync(path)) found[`${app}/${file}`] = await listingOf(fileSource(path));
        }
      }
      return found;
    } finally {
      await registry.close();
    }
  }

  it("is what the real one leaves", { timeout: 300_000 }, async () => {
    const all: Record<string, Outcome> = {};
    for (const name of names) all[name] = await theirs(name, moreCases[name]!);
    await expect(`${JSON.stringify(all, null, 1)}\n`).toMatchFileSnapshot(recordedPath);
  });
});
