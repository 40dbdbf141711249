import { type Content, PvError } from "../core/index.ts";
import { createHasher } from "../objects/index.ts";
import { type Archive, openArchive } from "./oci/archive.ts";
import { checkDiffId, layersTree } from "./oci/layers.ts";
import { readDocument } from "./oci/manifest.ts";
import { choosePlatform, parsePlatform } from "./oci/platform.ts";
import type { ContainerSource, ImageConfig, ImageOptions } from "./types.ts";

interface SavedImage {
  Config: string;
  RepoTags: readonly string[];
  Layers: readonly string[];
}

/**
 * A container from what `docker save` wrote, old form and new. The config is checked against its name, each layer
 * against the config. A compressed archive, or one that is a stream, is held in memory (1 GiB at most).
 *
 * @throws `PvError` once opened: `OCI_INVALID` when it is no such archive or the tag is not in it,
 * `OCI_PLATFORM_ABSENT`, `OCI_DIGEST_MISMATCH`, `OBJECT_MISSING` when a layer is absent.
 * @example
 * ```ts
 * import { dockerArchive } from "@pv/sdk/sources";
 * const source = dockerArchive(new Uint8Array(1024), { tag: "app:1" });
 * if (source.kind !== "docker-archive") throw new Error("nothing is read until the container is made");
 * ```
 */
export function dockerArchive(archive: Content, options: ImageOptions = {}): ContainerSource {
  let held: Promise<Archive> | undefined;
  return {
    kind: "docker-archive",
    async open({ signal, compat }) {
      held ??= openArchive(archive, signal);
      const opened = await held;
      const image = choose(await savedImages(opened), options.tag);
      const { config, diffIds, digest } = await readConfig(opened, image, options.platform);
      if (diffIds.length !== image.Layers.length) {
        throw new PvError(
          "OCI_INVALID",
          `the config lists ${diffIds.length} layers, the archive ${image.Layers.length}`,
          { reference: image.Config, reason: "layers do not match" },
        );
      }
      const layers = image.Layers.map((path, at) => {
        const file = opened.file(path);
        if (!file)
          throw new PvError("OBJECT_MISSING", `the archive lacks the layer ${path}`, {
            id: diffIds[at]!.slice(7),
            path,
          });
        return checkDiffId(() => file.open(), diffIds[at]!);
      });
      const name = image.RepoTags[0] ?? "image:latest";
      const colon = name.lastIndexOf(":");
      return {
        tree: layersTree(layers, compat),
        config: config as ImageConfig,
        origin: {
          docker_name: name.slice(0, colon),
          docker_tag: name.slice(colon + 1),
          // An archive has no manifest digest; the image id stands for it, as it does in pvr.
          docker_digest: `${name.slice(0, colon)}@${digest}`,
          docker_source: "local",
          docker_config: config,
        },
      };
    },
  };
}

function invalid(reason: string): PvError {
  return new PvError(
    "OCI_INVALID",
    `this is no docker archive: ${reason}`,
    { reference: "manifest.json", reason },
    { hint: "make it with `docker save IMAGE`; an OCI layout needs imageLayout" },
  );
}

async function savedImages(archive: Archive): Promise<readonly SavedImage[]> {
  const bytes = await archive.document("manifest.json");
  if (!bytes) throw invalid("it has no manifest.json");
  let list: unknown;
  try {
    list = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw invalid("manifest.json is no JSON");
  }
  const strings = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every((item) => typeof item === "string");
  if (!Array.isArray(list)) throw invalid("manifest.json is no list");
  return list.map((item: Partial<SavedImage> | null) => {
    if (typeof item?.Config !== "string" || !strings(item.Layers) || item.Layers.length > 1000)
      throw invalid("an image of manifest.json lacks Config or Layers");
    return {
      Config: item.Config,
      Layers: item.Layers,
      RepoTags: strings(item.RepoTags) ? item.RepoTags.filter((tag) => tag.includes(":")) : [],
    };
  });
}

function choose(images: readonly SavedImage[], tag: string | undefined): SavedImage {
  const found =
    tag === undefined
      ? images
      : images.filter(({ RepoTags }) =>
          RepoTags.some((name) => name === tag || name.endsWith(`:${tag}`) || name === `${tag}:latest`),
        );
  if (found.length === 1) return found[0]!;
  const reason = tag === undefined ? `it holds ${images.length} images` : `it has ${found.length} images "${tag}"`;
  const names = images.flatMap(({ RepoTags }) => RepoTags).join(", ");
  throw new PvError(
    "OCI_INVALID",
    `${reason}${names ? `: ${names}` : ""}`,
    { reference: tag ?? "", reason },
    { hint: "name one with tag" },
  );
}

async function readConfig(archive: Archive, image: SavedImage, platform: string | undefined) {
  const bytes = await archive.document(image.Config);
  if (!bytes) throw invalid(`it lacks ${image.Config}`);
  const id = createHasher().update(bytes).id();
  const named = /([0-9a-f]{64})(?:\.json)?$/.exec(image.Config)?.[1];
  if (named !== undefined && named !== id) {
    throw new PvError("OCI_DIGEST_MISMATCH", `the config is not what its name says: ${id} instead of ${named}`, {
      expected: `sha256:${named}`,
      actual: `sha256:${id}`,
    });
  }
  const document = readDocument(bytes, image.Config, "the image config");
  const { os, architecture, variant } = document as Partial<Record<string, string>>;
  if (platform !== undefined && os && architecture)
    choosePlatform(
      [{ platform: { os, architecture, variant: variant || parsePlatform(platform).variant } }],
      parsePlatform(platform),
    );
  const { diff_ids: diffIds } = (document["rootfs"] ?? {}) as { diff_ids?: unknown };
  const valid = Array.isArray(diffIds) && diffIds.every((diffId) => /^sha256:[0-9a-f]{64}$/.test(String(diffId)));
  if (!valid) throw invalid("the image config lists no layers");
  const inner = document["config"];
  return {
    config: typeof inner === "object" && inner !== null && !Array.isArray(inner) ? (inner as typeof document) : {},
    diffIds: diffIds as string[],
    digest: `sha256:${id}`,
  };
}
