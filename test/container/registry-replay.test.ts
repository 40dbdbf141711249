import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  type ContainerSource,
  createContainer,
  registryImage,
  renderContainer,
  type SourceDocument,
  updateContainer,
} from "../../src/container/index.ts";
import { isPvError, type JsonObject, readBytes } from "../../src/core/index.ts";
import { memoryStore, sha256 } from "../../src/objects/index.ts";
import { compose, type Revision } from "../../src/revision/index.ts";
import { canonicalJson, composeState, parseJson } from "../../src/state/index.ts";
import { describeWith } from "../interop/tools.ts";
import { startRegistry, type TestRegistry } from "../sources/registry-server.ts";
import { fetchWithCa, makeTestCa, type TestCa } from "../sources/test-ca.ts";
import { listingOf } from "./listing.ts";
import { type Case, casesOf, expected, replay } from "./replay.ts";

/** Where pvr had its registry. */
const RECORDED = "localhost:5561";
const cases = casesOf("docker");

type Compat = "pvr-2023" | undefined;

describeWith(["openssl"], "the recorded cases, from a registry over TLS", () => {
  let registry: TestRegistry;
  let ca: TestCa;
  beforeAll(async () => {
    ca = makeTestCa();
    registry = await startRegistry(join(import.meta.dirname, "../vectors/app/images"), undefined, ca);
  });
  afterAll(() => registry.close());

  /** The image that a src.json names; with what pvr writes of its flags. */
  function sourceOf(source: SourceDocument, platform: readonly string[]): ContainerSource {
    const { docker_name: name, docker_tag: tag, format_options: format } = source;
    const image = registryImage(`${name}:${tag}`, { platform, fetch: fetchWithCa(ca, RECORDED, registry.host) });
    if (format === undefined) return image;
    return {
      kind: image.kind,
      async open(options) {
        const opened = await image.open(options);
        return { ...opened, origin: { ...opened.origin, format_options: format } };
      },
    };
  }

  async function build(one: Case, compat: Compat): Promise<Revision> {
    const { sources, groups } = replay(one);
    const names = groups.map((name) => ({ name }));
    let made: Revision = {
      state: names.length > 0 ? composeState({ "groups.json": names }) : composeState(),
      objects: memoryStore(),
    };
    const platforms = one.steps.flatMap(({ argv = [] }) => {
      const at = argv.indexOf("--platform");
      return at < 0 ? [] : [argv[at + 1]!];
    });
    const host = one.pre_state_files["_hostconfig/pvr/docker.json"] as { platforms?: string[] } | undefined;
    for (const [app, last] of sources as ReadonlyMap<string, SourceDocument>) {
      const settings = {
        args: last.args,
        config: last.config as never,
        volumes: last.persistence as never,
        logs: last.logs,
        exports: last.exports,
        base: last.base,
        compat,
        ...(last.dm_enabled ? { verity: true } : {}),
      };
      const wanted = platforms.length > 0 ? platforms : (host?.platforms ?? []);
      // What was patched later was added first, from another image.
      const [first] = one.steps.filter(({ argv }) => argv?.[2] === "add");
      const patched = one.steps.some(({ argv }) => argv?.includes("--patch"));
      const from = first!.argv![first!.argv!.indexOf("--from") + 1]!;
      const colon = from.lastIndexOf(":");
      const start = patched ? { ...last, docker_name: from.slice(0, colon), docker_tag: from.slice(colon + 1) } : last;
      const container = await createContainer(app, { ...settings, from: sourceOf(start, wanted), within: made });
      made = compose(made, container);
      if (patched) made = await updateContainer(made, app, { from: sourceOf(last, wanted), compat, patch: true });
    }
    return made;
  }

  /** What of a case is not as pvr left it, byte for byte; the image by its listing. */
  async function differences(one: Case, compat: Compat): Promise<string[]> {
    const found: string[] = [];
    let made: Revision;
    try {
      made = await build(one, compat);
    } catch (error) {
      if (!isPvError(error)) throw error;
      return [`${error.code}: ${error.message}`];
    }
    const { edited, groups } = { ...replay(one) };
    for (const app of one.app) {
      const source = made.state[`${app}/src.json`] as SourceDocument & JsonObject;
      const wanted = (file: string): string | undefined => expected("docker", one, app, file);
      const text = renderContainer(app, source, { compat, groups });
      // The state holds the value; the text is the template's.
      const run = canonicalJson(made.state[`${app}/run.json`] as JsonObject);
      if (compat && text["run.json"] !== wanted("run.json")) found.push("text of run.json");
      if (run !== canonicalJson(parseJson(wanted("run.json")!.replaceAll(",\\n", ",")))) found.push("run.json");
      const recorded = wanted("src.json")!;
      if (canonicalJson(source) !== canonicalJson(parseJson(recorded))) found.push("src.json");
      if (!edited && text["src.json"] !== recorded) found.push("text of src.json");
      const objects = ["lxc.container.conf", "root.squashfs.docker-digest", "root.ovl.squashfs.docker-digest"];
      for (const file of objects) {
        const content = wanted(file);
        if (made.state[`${app}/${file}`] !== (content === undefined ? undefined : await sha256(content)))
          found.push(file);
      }
      for (const file of ["root.squashfs", "root.ovl.squashfs"]) {
        const theirs = wanted(`${file}.lst`)?.trim().split("\n") ?? [];
        const id = made.state[`${app}/${file}`] as string | undefined;
        const ours = id === undefined ? [] : await listingOf(made.objects.get(id));
        for (const line of ours.filter((other) => !theirs.includes(other))) found.push(`+ ${line}`);
        for (const line of theirs.filter((other) => !ours.includes(other))) found.push(`- ${line}`);
      }
    }
    return found;
  }

  it("are all there", () => expect(cases.length).toBe(32));

  it.each(cases.filter(({ name }) => !/^d(?:15|31)/.test(name)).map((one) => [one.name, one] as const))(
    "%s is as pvr left it, with compat",
    async (_, one) => expect(await differences(one, "pvr-2023")).toEqual([]),
  );

  it("differ without compat in what docs/compatibility.md lists, and in nothing else", async () => {
    const found: Record<string, string[]> = {};
    const root = ["+ drwxr-xr-x 0/0 - squashfs-root", "- d----w--w- 0/0 - squashfs-root"];
    for (const one of cases.filter(({ name }) => !name.startsWith("d31"))) {
      const all = await differences(one, undefined);
      const rest = all.filter((line) => !root.includes(line));
      if (rest.length > 0) found[one.name] = rest;
    }
    expect(found).toMatchInlineSnapshot(`
      {
        "d02-full-config": [
          "lxc.container.conf",
        ],
        "d03-quoting": [
          "lxc.container.conf",
        ],
        "d08-runlevel-data": [
          "run.json",
        ],
        "d09-status-mounted": [
          "run.json",
        ],
        "d12-security": [
          "lxc.container.conf",
        ],
        "d13-list-args": [
          "STATE_INVALID: l/run.json/logs/0/maxsize: 102485760 is not a text (and 3 more)",
        ],
        "d17-platform-hostconfig": [
          "src.json",
          "text of src.json",
          "lxc.container.conf",
          "root.squashfs.docker-digest",
        ],
        "d18-platform-missing": [
          "OCI_PLATFORM_ABSENT: the image has no linux/riscv64",
        ],
        "d21-base-overlay": [
          "- drwx------ 0/0 - squashfs-root",
        ],
        "d22-patch-overlay": [
          "- drwx------ 0/0 - squashfs-root",
        ],
        "d26-falsy-args": [
          "lxc.container.conf",
        ],
        "d32-whiteout-named-opq": [
          "+ -rw-r--r-- 0/0 1 squashfs-root/s/other",
        ],
      }
    `);
  });

  it("are asked for over TLS, by a CA that is trusted only when told", async () => {
    const plain = registryImage(`${registry.host}/vec/minimal:1.0`, { retryBaseMs: 1 });
    await expect(createContainer("web", { from: plain })).rejects.toThrow(
      expect.objectContaining({ code: "NETWORK_FAILED" }),
    );
    const bytes = await readBytes(
      (await fetchWithCa(ca, RECORDED, registry.host)(`https://${RECORDED}/v2/vec/minimal/manifests/1.0`)).body!,
    );
    expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({ schemaVersion: 2 });
  });
});
