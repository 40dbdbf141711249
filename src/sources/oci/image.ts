import { type Bytes, type JsonObject, PvError, readBytes } from "../../core/index.ts";
import {
  type Descriptor,
  type IndexEntry,
  MAX_DOCUMENT_BYTES,
  mediaTypes,
  parseManifest,
  readDocument,
} from "./manifest.ts";
import { choosePlatform, formatPlatform, parsePlatform, platformAbsent } from "./platform.ts";

/** Where manifests and blobs are read from; what comes is checked against its digest. */
export interface ImageBlobs {
  manifest(descriptor: Descriptor): Promise<Bytes>;
  blob(descriptor: Descriptor): AsyncIterable<Bytes>;
}

/** An image, found. */
export interface ResolvedImage {
  /** Digest of the image manifest (never of the index). */
  digest: string;
  /** The `config` object of the image config, verbatim. */
  config: JsonObject;
  /** Digests of the layers uncompressed, as the config lists them. */
  diffIds: readonly string[];
  layers: readonly Descriptor[];
  /** The platform asked for, where it chose an entry of an index. */
  platform?: string;
}

/** How an image is chosen. */
export interface ResolveOptions {
  /** One, or several of which the first that is there is taken. */
  platform?: string | readonly string[] | undefined;
  compat?: "pvr-2023" | undefined;
}

const MAX_INDEX_DEPTH = 3;
const DEFAULT_PLATFORM = "linux/amd64";

/** An entry of an index, and the wish that chose it. */
interface Choice {
  entry: IndexEntry;
  asked: string | undefined;
}

/** pvr's choice: the first entry of an architecture (and variant, if named), whatever its system; none is no error. */
function choosePvr(manifests: readonly IndexEntry[], platforms: readonly string[]): Choice | undefined {
  for (const entry of manifests) {
    const asked = platforms.find((platform) => {
      const [, architecture, variant] = platform.split("/");
      return (
        entry.platform?.architecture === architecture && (variant === undefined || entry.platform?.variant === variant)
      );
    });
    if (asked !== undefined) return { entry, asked };
  }
  return undefined;
}

/**
 * From a manifest or index to one image: chooses the platform, reads the config.
 *
 * @throws `PvError` `OCI_PLATFORM_ABSENT`, `OCI_INVALID`.
 */
export async function resolveImage(
  blobs: ImageBlobs,
  start: { bytes: Bytes; digest: string },
  reference: string,
  options: ResolveOptions,
): Promise<ResolvedImage> {
  const { platform = [], compat } = options;
  const platforms = typeof platform === "string" ? [platform] : platform;
  for (const text of platforms) parsePlatform(text);
  let { bytes, digest } = start;
  let chosenBy: string | undefined;
  for (let depth = 0; ; depth++) {
    const manifest = parseManifest(bytes, reference);
    if (manifest.kind === "index") {
      if (depth >= MAX_INDEX_DEPTH)
        throw new PvError("OCI_INVALID", `${reference}: an index within an index, too deep`, {
          reference,
          reason: "nested indexes",
        });
      const { entry, asked } = chooseEntry(manifest.manifests, platforms, compat);
      chosenBy ??= asked;
      ({ digest } = entry);
      bytes = await blobs.manifest(entry);
      continue;
    }
    const parts: Bytes[] = [];
    for await (const part of blobs.blob({ ...manifest.config, size: boundedSize(manifest.config, reference) }))
      parts.push(part);
    const config = readDocument(await readBytes(toIterable(parts)), reference, "the image config");
    if (platforms.length > 0 && chosenBy === undefined && compat === undefined) checkPlatform(config, platforms);
    const inner = config["config"];
    const { diff_ids: diffIds } = (config["rootfs"] ?? {}) as { diff_ids?: unknown };
    return {
      digest,
      config: typeof inner === "object" && inner !== null && !Array.isArray(inner) ? (inner as JsonObject) : {},
      diffIds: Array.isArray(diffIds) ? diffIds.filter((id) => typeof id === "string") : [],
      layers: manifest.layers,
      ...(chosenBy === undefined ? {} : { platform: chosenBy }),
    };
  }
}

function chooseEntry(
  manifests: readonly IndexEntry[],
  platforms: readonly string[],
  compat: "pvr-2023" | undefined,
): Choice {
  const byDefault = (): Choice => ({
    entry: choosePlatform(manifests, parsePlatform(DEFAULT_PLATFORM)),
    asked: undefined,
  });
  if (compat) return choosePvr(manifests, platforms) ?? byDefault();
  for (const [at, asked] of platforms.entries()) {
    try {
      return { entry: choosePlatform(manifests, parsePlatform(asked)), asked };
    } catch (error) {
      if (at === platforms.length - 1) throw error;
    }
  }
  const images = manifests.filter(
    (entry) => entry.platform?.os !== "unknown" && !("vnd.docker.reference.type" in entry.annotations),
  );
  return images.length === 1 ? { entry: images[0]!, asked: undefined } : byDefault();
}

/** A single manifest has its platform in the config: others than asked for are as absent as in an index. */
function checkPlatform(config: JsonObject, platforms: readonly string[]): void {
  const { os, architecture, variant } = config as Partial<Record<string, unknown>>;
  if (typeof os !== "string" || typeof architecture !== "string" || os === "" || architecture === "") return;
  const own = { os, architecture, ...(typeof variant === "string" && variant !== "" ? { variant } : {}) };
  const fits = platforms.some((platform) => {
    const wanted = parsePlatform(platform);
    // A config often leaves the variant out: then it cannot be held against the image.
    if (own.variant === undefined && os === wanted.os && architecture === wanted.architecture) return true;
    try {
      return choosePlatform([{ platform: own }], wanted) !== undefined;
    } catch {
      return false;
    }
  });
  if (!fits) throw platformAbsent(platforms.join(", "), [formatPlatform(own)]);
}

function boundedSize({ size }: Descriptor, reference: string): number {
  if (size > MAX_DOCUMENT_BYTES)
    throw new PvError("LIMIT_EXCEEDED", `${reference}: a config of ${size} bytes`, {
      limit: "maxBytes",
      value: MAX_DOCUMENT_BYTES,
    });
  return size;
}

async function* toIterable(parts: readonly Bytes[]): AsyncGenerator<Bytes, void, void> {
  yield* parts;
}

/** The `Accept` header of manifest requests. */
export const manifestAccept: string = [
  mediaTypes.ociIndex,
  mediaTypes.dockerList,
  mediaTypes.ociManifest,
  mediaTypes.dockerManifest,
].join(", ");
