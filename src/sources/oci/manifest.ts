import { type Bytes, type JsonObject, PvError } from "../../core/index.ts";
import { parseJson } from "../../state/index.ts";
import type { Platform } from "./platform.ts";

/** The media types asked for, and known. */
export const mediaTypes = {
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerList: "application/vnd.docker.distribution.manifest.list.v2+json",
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociIndex: "application/vnd.oci.image.index.v1+json",
} as const;

/** No real manifest, index or image config is larger. */
export const MAX_DOCUMENT_BYTES: number = 4 * 2 ** 20;
const MAX_LAYERS = 1000;

/** A blob by digest and size. */
export interface Descriptor {
  /** `sha256:<hex>`. */
  digest: string;
  /** Bytes. */
  size: number;
  mediaType: string;
}

/** An entry of an index. */
export interface IndexEntry extends Descriptor {
  platform?: Platform | undefined;
  annotations: Readonly<Record<string, string>>;
}

/** An image manifest, or a list of them. */
export type Manifest =
  | { kind: "image"; config: Descriptor; layers: readonly Descriptor[] }
  | { kind: "index"; manifests: readonly IndexEntry[] };

function invalid(reference: string, reason: string): PvError {
  return new PvError("OCI_INVALID", `${reference}: ${reason}`, { reference, reason });
}

/** A JSON object from bytes of a registry or an archive; numbers keep their digits, because src.json shows them. */
export function readDocument(bytes: Bytes, reference: string, what: string): JsonObject {
  let value: unknown;
  try {
    const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    value = parseJson(marked ? bytes.subarray(3) : bytes);
  } catch (cause) {
    throw new PvError(
      "OCI_INVALID",
      `${reference}: ${what} is no JSON`,
      { reference, reason: `${what} is no JSON` },
      { cause },
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid(reference, `${what} is no object`);
  return value as JsonObject;
}

function descriptor(value: unknown, reference: string, what: string): Descriptor {
  const { digest, size, mediaType } = (value ?? {}) as Partial<Record<string, unknown>>;
  if (typeof digest !== "string" || !/^sha256:[0-9a-f]{64}$/.test(digest))
    throw invalid(reference, `${what} has no sha256 digest`);
  if (!Number.isSafeInteger(size) || (size as number) < 0) throw invalid(reference, `${what} has no size`);
  return { digest, size: size as number, mediaType: typeof mediaType === "string" ? mediaType : "" };
}

function platform(value: unknown): Platform | undefined {
  const { os, architecture, variant } = (value ?? {}) as Partial<Record<string, unknown>>;
  if (typeof os !== "string" || typeof architecture !== "string") return undefined;
  return { os, architecture, ...(typeof variant === "string" && variant !== "" ? { variant } : {}) };
}

/**
 * Reads a manifest or an index of either family.
 *
 * @throws `PvError` `OCI_INVALID` when it is neither.
 */
export function parseManifest(bytes: Bytes, reference: string): Manifest {
  const document = readDocument(bytes, reference, "the manifest");
  const { manifests, layers, config, schemaVersion } = document as Partial<Record<string, unknown>>;
  if (Array.isArray(manifests)) {
    return {
      kind: "index",
      manifests: manifests.map((entry: Partial<Record<string, unknown>>, at) => ({
        ...descriptor(entry, reference, `entry ${at} of the index`),
        platform: platform(entry?.["platform"]),
        annotations: Object.fromEntries(
          Object.entries((entry["annotations"] ?? {}) as object).filter(([, text]) => typeof text === "string"),
        ) as Record<string, string>,
      })),
    };
  }
  if (schemaVersion === 1)
    throw invalid(reference, "its manifest has the old schema 1; push the image again with a current tool");
  if (!Array.isArray(layers) || config === undefined) throw invalid(reference, "its manifest is no image manifest");
  if (layers.length > MAX_LAYERS) throw invalid(reference, `more than ${MAX_LAYERS} layers`);
  const image = {
    kind: "image" as const,
    config: descriptor(config, reference, "the config"),
    layers: layers.map((layer, at) => descriptor(layer, reference, `layer ${at}`)),
  };
  for (const { mediaType } of image.layers) {
    if (mediaType !== "" && !/tar/.test(mediaType))
      throw invalid(reference, `a layer is ${mediaType}, not a tar: this is no container image`);
  }
  return image;
}
