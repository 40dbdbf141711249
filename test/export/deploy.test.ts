import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { isPvError, type JsonObject, type JsonValue, readBytes } from "../../src/core/index.ts";
import { type DeployOptions, deploy } from "../../src/export/index.ts";
import { memoryStore, sha256 } from "../../src/objects/index.ts";
import type { Revision } from "../../src/revision/index.ts";
import { formatState, parseJson, parseState } from "../../src/state/index.ts";
import type { Tree, TreeEntry } from "../../src/tree/index.ts";
import { sampleRevision } from "./sample.ts";

interface Found {
  entry: TreeEntry;
  text: string;
}

async function read(tree: Tree): Promise<Map<string, Found>> {
  const found = new Map<string, Found>();
  for await (const entry of tree) {
    const parent = entry.path.slice(0, Math.max(0, entry.path.lastIndexOf("/")));
    if (parent !== "") expect(found.get(parent)?.entry.kind).toBe("directory");
    if (entry.kind === "hardlink") expect(found.get(entry.target)?.entry.kind).toBe("file");
    expect(found.has(entry.path)).toBe(false);
    const text = entry.kind === "file" ? new TextDecoder().decode(await readBytes(entry.open())) : "";
    if (entry.kind === "file") expect(new TextEncoder().encode(text).length).toBe(entry.sizeBytes);
    found.set(entry.path, { entry, text });
  }
  return found;
}

function codeOf(revision: Revision, options?: DeployOptions): string {
  try {
    deploy(revision, options);
  } catch (error) {
    if (isPvError(error)) return error.code;
    throw error;
  }
  return "fine";
}

/** The lines of a recorded `pvr deploy`, made from our tree: mode, kind, links, size, hash, path. */
async function listing(tree: Tree, trail: string): Promise<string[]> {
  const found = await read(tree);
  const links = new Map<string, number>();
  const fileOf = (path: string): string => {
    const { entry } = found.get(path)!;
    return entry.kind === "hardlink" ? entry.target : path;
  };
  for (const [path, { entry }] of found)
    if (entry.kind !== "directory") links.set(fileOf(path), (links.get(fileOf(path)) ?? 0) + 1);
  const lines: string[] = [];
  for (const [path, { entry }] of found) {
    if (!path.startsWith(`${trail}/`)) continue;
    const name = path.slice(trail.length + 1);
    if (entry.kind === "directory") lines.push(`0755  dir  ${name}/`);
    else {
      const target = found.get(fileOf(path))!;
      const size = new TextEncoder().encode(target.text).length;
      const mode = target.entry.mode.toString(8).padStart(4, "0");
      lines.push(
        `${mode}  file  nlink=${links.get(fileOf(path))}  size=${size}  sha256=${await sha256(target.text)}  ${name}`,
      );
    }
  }
  return lines;
}

describe("deploy", () => {
  it("lays out what a device boots", async () => {
    const revision = await sampleRevision();
    const storage = deploy(revision, { config: { "pantahub.config": "creds.id=\n" } });
    const found = await read(storage);
    const kind = (path: string): string | undefined => found.get(path)?.entry.kind;
    expect(found.get("boot/uboot.txt")!.text).toBe("pv_rev=0\0\0");
    for (const path of ["boot", "config", "logs", "objects", "trails", "trails/0", "trails/0/.pv"])
      expect(kind(path)).toBe("directory");
    expect(found.get("config/pantahub.config")!.text).toBe("creds.id=\n");
    expect(found.get("trails/0/.pvr/json")!.text).toBe(formatState(revision));
    expect(JSON.parse(found.get("trails/0/.pvr/config")!.text).ObjectsDir).toBe("../../objects");
    for (const name of ["done", "progress"]) expect(found.has(`trails/0/.pv/${name}`)).toBe(false);
    const target = (path: string): string | undefined => {
      const entry = found.get(path)?.entry;
      return entry?.kind === "hardlink" ? entry.target : undefined;
    };
    for (const [name, key] of Object.entries({
      "pv-kernel.img": "bsp/kernel.img",
      "pv-initrd.img": "bsp/pantavisor",
      "pv-fdt.dtb": "bsp/board.dtb",
      "pv-initrd.img.0": "bsp/extra.cpio",
    }))
      expect(target(`trails/0/.pv/${name}`)).toBe(`objects/${revision.state[key]}`);
    const json = found.get("trails/0/.pvr/json")!.text;
    for (const [key, value] of Object.entries(revision.state)) {
      if (key === "#spec") continue;
      if (/^[0-9a-f]{64}$/.test(String(value))) expect(target(`trails/0/${key}`)).toBe(`objects/${value}`);
      // Byte for byte the value within the state's text.
      else expect(json).toContain(`${JSON.stringify(key)}:${found.get(`trails/0/${key}`)!.text}`);
    }
    const texts = async (): Promise<string[]> =>
      [...(await read(storage))].map(([path, { text }]) => `${path} ${text}`);
    expect(await texts()).toEqual(await texts());
  });

  it("keeps exact decimals in the files too, at any depth", async () => {
    const text =
      '{"#spec":"pantavisor-service-system@1","a/x.json":{"big":12345678901234567890},"n.json":12345678901234567890}';
    const found = await read(deploy({ state: parseState(text), objects: memoryStore() }, { unchecked: true }));
    expect(found.get("trails/0/a/x.json")!.text).toBe('{"big":12345678901234567890}');
    expect(found.get("trails/0/n.json")!.text).toBe("12345678901234567890");
  });

  it("names the revision to each boot loader", async () => {
    const revision = await sampleRevision();
    const boot = async (options: DeployOptions): Promise<[string, string][]> =>
      [...(await read(deploy(revision, options)))]
        .filter(([path]) => path.startsWith("boot/"))
        .map(([path, { text }]) => [path, text]);
    expect(await boot({ rev: "5" })).toEqual([["boot/uboot.txt", "pv_rev=5\0\0"]]);
    const [grub] = await boot({ bootloader: "grub" });
    expect(grub).toEqual(["boot/grubenv", `# GRUB Environment Block\npv_rev=0\n${"#".repeat(1024 - 34)}`]);
    const pi = await sampleRevision({ "bsp/run.json": { rpiab: "kernel.img" } });
    const paths = [...(await read(deploy(pi, { bootloader: "rpiab" }))).keys()];
    expect(paths.filter((path) => path.startsWith("boot/"))).toEqual([]);
    expect(paths.filter((path) => path.startsWith("trails/0/.pv/"))).toEqual(["trails/0/.pv/rpiboot.img"]);
    const local = await read(deploy(revision, { rev: "locals/test" }));
    expect(JSON.parse(local.get("trails/locals/test/.pvr/config")!.text).ObjectsDir).toBe("../../../objects");
    expect(local.get("trails/locals/test/.pv/done")!.text).toBe("");
    expect(JSON.parse(local.get("trails/locals/test/.pv/progress")!.text).status).toBe("DONE");
    for (const rev of ["", "../1", "a/b", "locals/", "locals/a/b", "01", `locals/${"x".repeat(65)}`, "locals/.."])
      expect(codeOf(revision, { rev })).toBe("PATH_UNSAFE");
  });

  it.each(["flow-07-deploy-kernel", "flow-08-deploy-default-kernel", "flow-09-deploy-fit"])(
    "leaves the same trail as pvr did: %s",
    async (name) => {
      const folder = join(import.meta.dirname, "../vectors/export", name);
      const root = join(folder, "input/repo");
      const objects = memoryStore();
      const state: Record<string, JsonValue> = { "#spec": "pantavisor-service-system@1" };
      for (const path of readdirSync(root, { recursive: true, encoding: "utf8" }).map((file) => join(root, file))) {
        if (statSync(path).isDirectory()) continue;
        const bytes = readFileSync(path);
        const key = relative(root, path);
        const prune = (value: JsonValue): JsonValue =>
          typeof value !== "object" || value === null
            ? value
            : Array.isArray(value)
              ? value.filter((item: JsonValue) => item !== null).map(prune)
              : Object.fromEntries(
                  Object.entries(value as JsonObject)
                    .filter(([, member]) => member !== null)
                    .map(([member, inner]) => [member, prune(inner!)]),
                );
        state[key] = key.endsWith(".json") ? prune(parseJson(bytes)) : await objects.put(bytes);
      }
      const ours = await listing(deploy({ state: parseState(state), objects }, { unchecked: true }), "trails/0");
      const theirs = readFileSync(join(folder, "deployed.txt"), "utf8").trim().split("\n");
      const comparable = (lines: string[]): string[] =>
        lines.filter((line) => !line.endsWith(" .pvr/config")).toSorted();
      expect(comparable(ours)).toEqual(comparable(theirs));
    },
  );

  it("refuses what a device refuses, unless it is told not to", async () => {
    const revision = await sampleRevision({ "web/run.json": { name: "web", type: "lxc", group: "nogroup" } });
    expect(codeOf(revision)).toBe("STATE_REJECTED");
    expect(codeOf(revision, { unchecked: true })).toBe("fine");
    const noKernel = await sampleRevision({ "bsp/run.json": { linux: "vmlinuz", initrd: "pantavisor" } });
    expect(codeOf(noKernel)).toBe("STATE_REJECTED");
    const left = await read(deploy(noKernel, { unchecked: true }));
    expect([...left.keys()].filter((path) => path.startsWith("trails/0/.pv/"))).toEqual(["trails/0/.pv/pv-initrd.img"]);
  });

  it.each([
    "/etc/passwd",
    "../x",
    "web/../../x",
    "web/./x",
    "web//x",
    "web/",
    ".pvr/json",
    ".pv/pv-kernel.img",
    "web/root.squashfs/x",
    "web",
    "a\nb",
    "a\0b",
    "",
    `web/${"x".repeat(256)}`,
  ])("refuses the key %j", async (key) => {
    const revision = await sampleRevision({ [key]: "0".repeat(64) });
    expect(codeOf(revision, { unchecked: true })).toBe("PATH_UNSAFE");
  });

  it("refuses unsafe names of configuration", async () => {
    const revision = await sampleRevision();
    for (const name of ["../x", "/x", "a/../../b", ""])
      expect(codeOf(revision, { config: { [name]: "" } })).toBe("PATH_UNSAFE");
  });

  it("fails before the first entry when an object is absent, at the object when it is damaged", async () => {
    const revision = await sampleRevision();
    const id = revision.state["db/root.squashfs"] as string;
    const damaged = {
      ...revision,
      objects: {
        ...revision.objects,
        get: (wanted: string) =>
          revision.objects.get(wanted === id ? (revision.state["bsp/kernel.img"] as string) : wanted),
      },
    };
    const paths: string[] = [];
    const error = await (async () => {
      for await (const entry of deploy(damaged)) {
        if (entry.kind === "file") await readBytes(entry.open());
        paths.push(entry.path);
      }
    })().catch((reason: unknown) => reason);
    expect(isPvError(error, "OBJECT_HASH_MISMATCH") && error.data.expected).toBe(id);
    expect(paths).not.toContain(`objects/${id}`);
    await revision.objects.delete(id);
    const partial = deploy(revision)[Symbol.asyncIterator]().next();
    await expect(partial).rejects.toMatchObject({ code: "OBJECT_MISSING", data: { id } });
  });
});
