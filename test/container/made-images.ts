/** Images made for a test, as an OCI layout folder that a registry serves. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { readBytes } from "../../src/core/index.ts";
import { type Tree, type TreeEntry, writeTar } from "../../src/tree/index.ts";

/** One entry of a layer: a folder (path ends in `/`), a file, a link; `mode` where it matters. */
export interface LayerEntry {
  path: string;
  text?: string;
  mode?: number;
  owner?: number;
  symlink?: string;
  hardlink?: string;
  device?: readonly [number, number];
}

/** An image: its config as text, so that any text is possible; its layers. */
export interface MadeImage {
  /** The whole config blob, or only its `config` member. */
  blob?: string;
  config?: unknown;
  layers?: readonly (readonly LayerEntry[])[];
  compression?: "gzip" | "zstd" | "none";
  mediaTypes?: "docker" | "oci";
}

/** A tag: an image, or several by platform (`os/architecture/variant`). */
export type MadeTag =
  | MadeImage
  | { list: readonly (readonly [platform: string, MadeImage])[]; mediaTypes?: "docker" | "oci" };

const types = {
  docker: {
    manifest: "application/vnd.docker.distribution.manifest.v2+json",
    list: "application/vnd.docker.distribution.manifest.list.v2+json",
    config: "application/vnd.docker.container.image.v1+json",
    layer: "application/vnd.docker.image.rootfs.diff.tar",
  },
  oci: {
    manifest: "application/vnd.oci.image.manifest.v1+json",
    list: "application/vnd.oci.image.index.v1+json",
    config: "application/vnd.oci.image.config.v1+json",
    layer: "application/vnd.oci.image.layer.v1.tar",
  },
} as const;

function layerTree(entries: readonly LayerEntry[]): Tree {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<TreeEntry, void, void> {
      for (const { path, text = "", mode, owner = 0, symlink, hardlink, device } of entries) {
        const common = {
          path: path.replace(/(?:^\.)?\/$/, ""),
          mode: mode ?? 0o644,
          uid: owner,
          gid: owner,
          mtimeSeconds: 1_600_000_000,
        };
        const bytes = new TextEncoder().encode(text);
        if (path.endsWith("/")) yield { ...common, kind: "directory", mode: mode ?? 0o755 };
        else if (symlink !== undefined) yield { ...common, kind: "symlink", target: symlink, mode: 0o777 };
        else if (hardlink !== undefined) yield { ...common, kind: "hardlink", target: hardlink };
        else if (device) yield { ...common, kind: "char", major: device[0], minor: device[1] };
        else yield { ...common, kind: "file", sizeBytes: bytes.length, open: () => new Blob([bytes]).stream() };
      }
    },
  };
}

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

/** Writes the images as a layout, each under `repository:tag`. */
export async function writeImages(folder: string, tags: Readonly<Record<string, MadeTag>>): Promise<void> {
  const blobs = join(folder, "blobs/sha256");
  mkdirSync(blobs, { recursive: true });
  const put = (mediaType: string, bytes: Uint8Array): Descriptor => {
    const hex = createHash("sha256").update(bytes).digest("hex");
    writeFileSync(join(blobs, hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  async function image(of: MadeImage): Promise<Descriptor> {
    const { compression = "gzip", mediaTypes = "docker", layers = [[{ path: "bin/" }]] } = of;
    const type = types[mediaTypes];
    const made: Descriptor[] = [];
    const diffIds: string[] = [];
    for (const entries of layers) {
      const tar = await readBytes(writeTar(layerTree(entries)));
      diffIds.push(`sha256:${createHash("sha256").update(tar).digest("hex")}`);
      const bytes = compression === "gzip" ? gzipSync(tar) : compression === "zstd" ? zstdCompressSync(tar) : tar;
      const suffix = mediaTypes === "docker" ? ".gzip" : "+gzip";
      made.push(put(type.layer + (compression === "gzip" ? suffix : compression === "zstd" ? "+zstd" : ""), bytes));
    }
    const rootfs = { type: "layers", diff_ids: diffIds };
    const common = { architecture: "amd64", os: "linux", rootfs };
    const text = of.blob ?? JSON.stringify("config" in of ? { ...common, config: of.config } : common);
    const config = put(type.config, new TextEncoder().encode(text));
    const manifest = { schemaVersion: 2, mediaType: type.manifest, config, layers: made };
    return put(type.manifest, new TextEncoder().encode(JSON.stringify(manifest)));
  }
  const manifests = [];
  for (const [name, tag] of Object.entries(tags)) {
    let entry: Descriptor;
    if ("list" in tag) {
      const type = types[tag.mediaTypes ?? "docker"];
      const entries = [];
      for (const [platform, one] of tag.list) {
        const [os, architecture, variant] = platform.split("/");
        entries.push({ ...(await image(one)), platform: { architecture, os, ...(variant ? { variant } : {}) } });
      }
      const text = JSON.stringify({ schemaVersion: 2, mediaType: type.list, manifests: entries });
      entry = put(type.list, new TextEncoder().encode(text));
    } else entry = await image(tag);
    manifests.push({ ...entry, annotations: { "org.opencontainers.image.ref.name": name } });
  }
  writeFileSync(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
}
