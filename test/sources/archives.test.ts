import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readBytes } from "../../src/core/index.ts";
import { fileSource, readDirectory } from "../../src/node/index.ts";
import { dockerArchive, imageLayout } from "../../src/sources/index.ts";
import { type FileSpec, files, type Tree, writeTar } from "../../src/tree/index.ts";

const images = resolve(import.meta.dirname, "../vectors/app/images");
const code = (wanted: string) => expect.objectContaining({ code: wanted });

async function listing(tree: Tree): Promise<string[]> {
  const lines: string[] = [];
  for await (const entry of tree) {
    const content =
      entry.kind === "file"
        ? createHash("sha256")
            .update(await readBytes(entry.open()))
            .digest("hex")
            .slice(0, 8)
        : "target" in entry
          ? entry.target
          : "";
    lines.push(`${entry.path} ${entry.kind} ${entry.mode.toString(8)} ${content}`);
  }
  return lines.toSorted();
}

describe("imageLayout()", () => {
  it("reads a folder and a tar of it alike, compressed or not, from a file or a stream", async () => {
    const folder = readDirectory(images);
    const tar = await readBytes(writeTar(folder));
    async function* stream() {
      for (let at = 0; at < tar.length; at += 10_000) yield tar.subarray(at, at + 10_000);
    }
    const expected = await imageLayout(folder, { tag: "vec/whiteout:3" }).open({});
    const lines = await listing(expected.tree!);
    expect(lines.length).toBeGreaterThan(10);
    for (const content of [tar, new Blob([tar]), gzipSync(tar), stream(), new Response(tar)]) {
      const got = await imageLayout(content, { tag: "vec/whiteout:3" }).open({});
      expect(got.origin).toEqual(expected.origin);
      expect(await listing(got.tree!)).toEqual(lines);
      expect(await listing(got.tree!)).toEqual(lines);
    }
  });

  it("finds an image by tag or name, and lists what there is", async () => {
    const layout = readDirectory(images);
    const { origin } = await imageLayout(layout, { tag: "2.1" }).open({});
    expect(origin).toMatchObject({ docker_name: "vec/full", docker_tag: "2.1" });
    await expect(imageLayout(layout, { tag: "9.9" }).open({})).rejects.toThrow(/vec\/minimal:1\.0/);
    await expect(imageLayout(layout).open({})).rejects.toThrow(code("OCI_INVALID"));
    await expect(imageLayout(files({ "/x": "y" })).open({})).rejects.toThrow(code("OCI_INVALID"));
  });

  it("takes the platform asked for, and no other", async () => {
    const layout = readDirectory(images);
    expect(
      (await imageLayout(layout, { tag: "vec/multi:1.2", platform: "linux/arm/v7" }).open({})).origin[
        "docker_platform"
      ],
    ).toBe("linux/arm/v7");
    await expect(imageLayout(layout, { tag: "vec/multi:1.2", platform: "linux/riscv64" }).open({})).rejects.toThrow(
      code("OCI_PLATFORM_ABSENT"),
    );
    expect(
      (await imageLayout(layout, { tag: "vec/multi:1.2", platform: "linux/riscv64" }).open({ compat: "pvr-2023" }))
        .origin["docker_platform"],
    ).toBeUndefined();
  });

  it("refuses a blob that is absent or changed", async () => {
    const index = readFileSync(join(images, "index.json"));
    const { manifests } = JSON.parse(index.toString()) as { manifests: { digest: string }[] };
    const name = manifests[0]!.digest.slice(7);
    const blob = readFileSync(join(images, "blobs/sha256", name));
    const layout = (content: Uint8Array | undefined) =>
      files({ "/index.json": index, ...(content ? { [`/blobs/sha256/${name}`]: content } : {}) });
    await expect(imageLayout(layout(undefined), { tag: "vec/minimal:1.0" }).open({})).rejects.toThrow(
      code("OBJECT_MISSING"),
    );
    const changed = new Uint8Array(blob);
    changed[5]! ^= 1;
    await expect(imageLayout(layout(changed), { tag: "vec/minimal:1.0" }).open({})).rejects.toThrow(
      code("OCI_DIGEST_MISMATCH"),
    );
  });
});

describe("dockerArchive()", () => {
  const hex = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
  async function saved(form: "old" | "new", changes: Record<string, string | FileSpec> = {}): Promise<Uint8Array> {
    const layers = await Promise.all(
      [files({ "/a": "a", "/b": "b" }), files({ "/.wh.a": "", "/c": "c" })].map((tree) => readBytes(writeTar(tree))),
    );
    const config = new TextEncoder().encode(
      JSON.stringify({
        os: "linux",
        architecture: "arm64",
        config: { Cmd: ["/c"] },
        rootfs: { type: "layers", diff_ids: layers.map((layer) => `sha256:${hex(layer)}`) },
      }),
    );
    const path = (at: number): string =>
      form === "old" ? `${hex(layers[at]!)}/layer.tar` : `blobs/sha256/${hex(layers[at]!)}`;
    const configPath = form === "old" ? `${hex(config)}.json` : `blobs/sha256/${hex(config)}`;
    return readBytes(
      writeTar(
        files({
          [path(0)]: layers[0]!,
          // Old docker links equal layers to each other instead of writing them twice.
          ...(form === "old"
            ? { "other/layer.tar": layers[1]!, [path(1)]: { symlink: "../other/layer.tar" } }
            : { [path(1)]: layers[1]! }),
          [configPath]: config,
          "manifest.json": JSON.stringify([
            { Config: configPath, RepoTags: ["host:5000/app:1", "app:2"], Layers: [path(0), path(1)] },
          ]),
          ...changes,
        }),
      ),
    );
  }

  it.each(["old", "new"] as const)("reads the %s form", async (form) => {
    const { tree, config, origin } = await dockerArchive(await saved(form)).open({});
    expect((await listing(tree!)).map((line) => line.split(" ")[0])).toEqual(["b", "c"]);
    expect(config).toEqual({ Cmd: ["/c"] });
    expect(origin).toMatchObject({ docker_name: "host:5000/app", docker_tag: "1", docker_source: "local" });
    expect((await dockerArchive(await saved(form), { tag: "app:2", platform: "linux/arm64" }).open({})).config).toEqual(
      { Cmd: ["/c"] },
    );
  });

  it("refuses what is none, is changed, or lacks something", async () => {
    await expect(dockerArchive(await readBytes(writeTar(files({ x: "y" })))).open({})).rejects.toThrow(
      code("OCI_INVALID"),
    );
    await expect(dockerArchive(await saved("new"), { tag: "no" }).open({})).rejects.toThrow(code("OCI_INVALID"));
    await expect(dockerArchive(await saved("new"), { platform: "linux/amd64" }).open({})).rejects.toThrow(
      code("OCI_PLATFORM_ABSENT"),
    );
    await expect(dockerArchive(await saved("new", { "manifest.json": "[]" })).open({})).rejects.toThrow(
      code("OCI_INVALID"),
    );
    await expect(dockerArchive(await saved("new", { "manifest.json": "{" })).open({})).rejects.toThrow(
      code("OCI_INVALID"),
    );
    const evil = await saved("old", { "other/layer.tar": "x" });
    await expect((async () => listing((await dockerArchive(evil).open({})).tree!))()).rejects.toThrow(
      expect.objectContaining({ name: "PvError" }),
    );
    const linked = await saved("old", { "other/layer.tar": { symlink: "../../../etc/passwd" } });
    await expect(dockerArchive(linked).open({})).rejects.toThrow(code("OBJECT_MISSING"));
  });

  it("reads a file in place", async () => {
    const { mkdtempSync, writeFileSync, rmSync } = await import("node:fs");
    const { tmpdir } = await import("node:os");
    const folder = mkdtempSync(join(tmpdir(), "pv-save-"));
    writeFileSync(join(folder, "save.tar"), await saved("new"));
    expect((await listing((await dockerArchive(fileSource(join(folder, "save.tar"))).open({})).tree!)).length).toBe(2);
    rmSync(folder, { recursive: true });
  });
});
