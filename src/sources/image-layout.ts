import { type Bytes, type Content, PvError } from "../core/index.ts";
import { createHasher } from "../objects/index.ts";
import type { Tree } from "../tree/index.ts";
import { type Archive, openArchive } from "./oci/archive.ts";
import { verified } from "./oci/blob.ts";
import { type ImageBlobs, resolveImage } from "./oci/image.ts";
import { layersTree } from "./oci/layers.ts";
import { type Descriptor, type IndexEntry, MAX_DOCUMENT_BYTES, parseManifest, readDocument } from "./oci/manifest.ts";
import type { ContainerSource, ImageConfig, ImageOptions } from "./types.ts";

const REFERENCE = "org.opencontainers.image.ref.name";

/**
 * A container from an OCI image layout: the folder (`readDirectory`), or the same as a tar. Blobs are checked against
 * their digests. A compressed tar, or one that is a stream, is held in memory (1 GiB at most): give big ones as files.
 *
 * @throws `PvError` once opened: `OCI_INVALID` when there is no layout or the tag is not in it,
 * `OCI_PLATFORM_ABSENT`, `OCI_DIGEST_MISMATCH`, `OBJECT_MISSING` when a blob is absent.
 * @example
 * ```ts
 * import { files } from "@pv/sdk";
 * import { imageLayout } from "@pv/sdk/sources";
 * const source = imageLayout(files({ "/oci-layout": '{"imageLayoutVersion":"1.0.0"}' }), { tag: "1.0" });
 * if (source.kind !== "layout") throw new Error("nothing is read until the container is made");
 * ```
 */
export function imageLayout(layout: Tree | Content, options: ImageOptions = {}): ContainerSource {
  let archive: Promise<Archive> | undefined;
  return {
    kind: "layout",
    async open({ signal, compat }) {
      archive ??= openArchive(layout, signal);
      const opened = await archive;
      const blobs = layoutBlobs(opened);
      const entry = await findEntry(opened, options.tag);
      const name = entry.annotations[REFERENCE] ?? "image";
      const bytes = await blobs.manifest(entry);
      const image = await resolveImage(blobs, { bytes, digest: entry.digest }, name, {
        platform: options.platform,
        compat,
      });
      const colon = name.lastIndexOf(":");
      const tagged = colon > name.lastIndexOf("/");
      return {
        tree: layersTree(
          image.layers.map((layer) => () => blobs.blob(layer)),
          compat,
        ),
        config: image.config as ImageConfig,
        origin: {
          docker_name: tagged ? name.slice(0, colon) : name,
          docker_tag: tagged ? name.slice(colon + 1) : (options.tag ?? "latest"),
          docker_digest: `${tagged ? name.slice(0, colon) : name}@${image.digest}`,
          docker_source: "local",
          docker_config: image.config,
          ...(image.platform === undefined ? {} : { docker_platform: image.platform }),
        },
      };
    },
  };
}

/** Blobs below `blobs/sha256/`. */
export function layoutBlobs(archive: Archive): ImageBlobs {
  async function* blob(descriptor: Descriptor): AsyncGenerator<Bytes, void, void> {
    const path = `blobs/sha256/${descriptor.digest.slice(7)}`;
    const file = archive.file(path);
    if (!file)
      throw new PvError("OBJECT_MISSING", `the layout lacks the blob ${descriptor.digest}`, {
        id: descriptor.digest.slice(7),
        path,
      });
    yield* verified(file.open(), descriptor);
  }
  return {
    blob,
    async manifest({ digest }) {
      const path = `blobs/sha256/${digest.slice(7)}`;
      const bytes = await archive.document(path);
      if (!bytes)
        throw new PvError("OBJECT_MISSING", `the layout lacks the manifest ${digest}`, { id: digest.slice(7), path });
      const actual = `sha256:${createHasher().update(bytes).id()}`;
      if (actual !== digest)
        throw new PvError(
          "OCI_DIGEST_MISMATCH",
          `a manifest is not what its digest says: ${actual} instead of ${digest}`,
          { expected: digest, actual },
        );
      return bytes;
    },
  };
}

/** The index entry for a tag (`1.0`), a reference name (`repository:1.0`), or the only one. */
async function findEntry(archive: Archive, tag: string | undefined): Promise<IndexEntry> {
  const bytes = await archive.document("index.json");
  if (!bytes)
    throw new PvError("OCI_INVALID", "this is no OCI image layout: it has no index.json", {
      reference: tag ?? "",
      reason: "no index.json",
    });
  if (bytes.length > MAX_DOCUMENT_BYTES)
    throw new PvError("LIMIT_EXCEEDED", "a huge index.json", { limit: "maxBytes", value: MAX_DOCUMENT_BYTES });
  readDocument(bytes, "index.json", "the index");
  const index = parseManifest(bytes, "index.json");
  if (index.kind !== "index")
    throw new PvError("OCI_INVALID", "index.json is no index", { reference: tag ?? "", reason: "no index" });
  const names = index.manifests.map(({ annotations }) => annotations[REFERENCE]);
  if (tag === undefined) {
    const [only, ...others] = index.manifests;
    if (only && others.length === 0) return only;
  } else {
    const exact = index.manifests.filter((_, at) => names[at] === tag);
    const bySuffix = index.manifests.filter(
      (_, at) => names[at]?.endsWith(`:${tag}`) || index.manifests[at]!.digest === tag,
    );
    const found = exact.length > 0 ? exact : bySuffix;
    if (found.length === 1) return found[0]!;
  }
  const reason = tag === undefined ? "it holds several images" : `it has no single image "${tag}"`;
  throw new PvError(
    "OCI_INVALID",
    `${reason}: ${names.map((name) => name ?? "(unnamed)").join(", ") || "none"}`,
    { reference: tag ?? "", reason },
    { hint: "name one with tag" },
  );
}
