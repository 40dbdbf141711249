import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type ContainerSpec,
  createContainer,
  createRevision,
  formatLock,
  imageLayout,
  knownImage,
  lockRevision,
  packageArchive,
  parseLock,
  type RevisionLock,
  revisionPart,
  updateContainer,
} from "../../src/container/index.ts";
import { readBytes } from "../../src/core/index.ts";
import { writeExport } from "../../src/export/index.ts";
import { readDirectory } from "../../src/node/index.ts";
import type { Revision } from "../../src/revision/index.ts";
import { files, readTar, type Tree, writeTar } from "../../src/tree/index.ts";

const images = readDirectory(join(import.meta.dirname, "../vectors/app/images"));
const root = (text: string): Tree => files({ "/sbin/init": { mode: 0o755, content: text }, "/etc/x": "x" });
const changed = (path: string) =>
  expect.objectContaining({ code: "LOCK_CHANGED", data: expect.objectContaining({ path }) });

async function made(containers: Record<string, ContainerSpec>): Promise<{ revision: Revision; lock: RevisionLock }> {
  let lock: RevisionLock | undefined;
  const revision = await createRevision(
    { device: {}, containers },
    {
      onLock: (found) => {
        lock = found;
      },
    },
  );
  return { revision, lock: lock! };
}

async function sources(): Promise<Record<string, ContainerSpec>> {
  const tailscale = await readBytes(
    writeExport(await createContainer("vpn", { from: root("vpn"), group: "platform", overlay: files({ "/a": "a" }) })),
  );
  const other = await createContainer("part", { from: root("part"), group: "app" });
  return {
    image: { from: imageLayout(images, { tag: "vec/whiteout:3" }), overlay: files({ "/etc/motd": "hi" }) },
    base: { from: imageLayout(images, { tag: "vec/minimal:1.0" }) },
    derived: { from: imageLayout(images, { tag: "vec/full:2.1" }), base: "base" },
    above: { from: files({ "/new": "n" }), base: "base" },
    tree: { from: root("1"), config: { Entrypoint: ["/sbin/init"] }, squashfs: { compressor: "zstd" }, verity: true },
    vpn: { from: packageArchive(tailscale) },
    part: { from: revisionPart(other, "part") },
    known: { from: knownImage("a".repeat(64)) },
  };
}

describe("lockRevision", () => {
  it("gives the lock that building from the same sources gives", async () => {
    const containers = await sources();
    const { revision, lock } = await made(containers);
    const again = await lockRevision(revision, { sources: containers });
    expect(formatLock(again)).toBe(formatLock(lock));
    await lockRevision(revision, { sources: containers, lock: parseLock(formatLock(lock)) });
    await createRevision({ device: {}, containers }, { lock: again, frozen: true });
  });

  it("needs no source of an image whose digest src.json has, nor of a tree", async () => {
    const { image, tree } = await sources();
    const { revision, lock } = await made({ image: image!, tree: tree! });
    const offline = await lockRevision(revision, { lock });
    expect(formatLock(offline)).toBe(formatLock(lock));
    const { sources: found } = await lockRevision(revision);
    expect(found["containers/image"]).toMatchObject({ kind: "image", reference: "vec/whiteout:3" });
    expect(found["containers/tree"]).toEqual(lock.sources["containers/tree"]);
  });

  it("says which source gives something else now", async () => {
    const before = await sources();
    const { revision, lock } = await made(before);
    const another: Record<string, ContainerSpec> = {
      image: { from: imageLayout(images, { tag: "vec/minimal:1.0" }) },
      derived: { from: imageLayout(images, { tag: "vec/minimal:1.0" }) },
      above: { from: files({ "/new": "other" }) },
      tree: { from: root("2"), squashfs: { compressor: "zstd" } },
      part: { from: revisionPart(await createContainer("part", { from: root("other") }), "part") },
      known: { from: knownImage("b".repeat(64)) },
    };
    for (const [name, source] of Object.entries(another)) {
      const wrong = { ...before, [name]: source };
      await expect(lockRevision(revision, { sources: wrong }), name).rejects.toThrow(changed(`containers/${name}`));
      await expect(lockRevision(revision, { sources: wrong, lock }), name).rejects.toThrow(
        changed(`containers/${name}`),
      );
    }
    const repacked = { ...before, tree: { ...before["tree"]!, squashfs: {} } };
    await expect(lockRevision(revision, { sources: repacked })).rejects.toThrow(changed("containers/tree"));
  });

  it("says what of the revision is not what was locked", async () => {
    const { tree } = await sources();
    const { revision, lock } = await made({ tree: tree! });
    const regrouped = await updateContainer(revision, "tree", { group: "root" });
    await expect(lockRevision(regrouped, { sources: { tree }, lock })).rejects.toThrow(changed("parts/tree"));
    const rebuilt = await updateContainer(revision, "tree", { ...tree, from: root("2") });
    await expect(lockRevision(rebuilt, { sources: { tree }, lock })).rejects.toThrow(changed("containers/tree"));
    await expect(lockRevision(rebuilt, { lock })).rejects.toThrow(changed("containers/tree"));
  });

  it("packs a patch again over the container's own root", async () => {
    const { revision } = await made({ web: { from: root("1") } });
    const next = files({ "/sbin/init": { mode: 0o755, content: "2" }, "/etc/x": "x" });
    const patched = await updateContainer(revision, "web", { from: next, patch: true });
    const lock = await lockRevision(patched, { sources: { web: { from: next } } });
    await lockRevision(patched, { sources: { web: { from: next } }, lock });
    await expect(lockRevision(patched, { sources: { web: { from: root("1") } } })).rejects.toThrow(
      changed("containers/web"),
    );
  });

  it("reads a source once, so that it may be a stream", async () => {
    const tar = await readBytes(writeTar(root("1")));
    const { revision } = await made({ web: { from: readTar(tar) } });
    await lockRevision(revision, { sources: { web: { from: readTar(new Response(tar)) } } });
  });

  it("refuses a source for nothing", async () => {
    const { revision } = await made({ web: { from: root("1") } });
    await expect(lockRevision(revision, { sources: { db: { from: root("1") } } })).rejects.toThrow(
      expect.objectContaining({ code: "PART_UNKNOWN" }),
    );
  });
});
