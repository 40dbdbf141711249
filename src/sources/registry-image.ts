import { type Job, type JsonObject, PvError, readBytes } from "../core/index.ts";
import { type ProgressReporter, progressReporter } from "../core/internal.ts";
import { createHasher } from "../objects/index.ts";
import { registryBlob } from "./oci/blob.ts";
import { type ImageBlobs, manifestAccept, type ResolvedImage, resolveImage } from "./oci/image.ts";
import { layersTree } from "./oci/layers.ts";
import { type Descriptor, MAX_DOCUMENT_BYTES } from "./oci/manifest.ts";
import { type Prefetch, prefetch } from "./oci/prefetch.ts";
import { type ImageReference, parseReference } from "./oci/reference.ts";
import { type RegistryClient, registryClient } from "./oci/registry-client.ts";
import type { ContainerSource, ImageConfig, RegistryAuth } from "./types.ts";

/** How a registry is asked. */
export interface RegistryImageOptions {
  /**
   * `os/architecture[/variant]`, or several of which the first that is there is taken; where none is named and several
   * are there, `linux/amd64`. Never another instead.
   */
  platform?: string | readonly string[] | undefined;
  /** A login, or a function that finds one, such as `dockerAuth()`; default: anonymous. */
  auth?: RegistryAuth | undefined;
  /** For a private CA or a proxy; default: the runtime's `fetch`. */
  fetch?: typeof fetch | undefined;
  /** Plain http, also to a host that is not this machine; default: false. */
  plainHttp?: boolean | undefined;
  /** Bytes of a layer that are fetched ahead while another is unpacked; default: 16 MiB. */
  prefetchBytes?: number | undefined;
  /** First wait before another try at a busy server, milliseconds, doubled each time; default: 500. */
  retryBaseMs?: number | undefined;
}

/**
 * A container's root file system and config from an image in any OCI or Docker registry: layers stream through, every
 * blob is checked against its digest, cut downloads go on where they stopped.
 *
 * @throws `PvError` `OCI_REFERENCE_INVALID` when the reference is none; once opened, `OCI_AUTH_REQUIRED`,
 * `OCI_PLATFORM_ABSENT`, `OCI_DIGEST_MISMATCH`, `OCI_INVALID`, `CONTENT_HTTP`, `CONTENT_TRUNCATED`, `NETWORK_FAILED`.
 * @example
 * ```ts
 * import { registryImage } from "@pv/sdk/sources";
 * const broker = registryImage("eclipse-mosquitto:2", { platform: "linux/arm64" });
 * if (broker.kind !== "registry") throw new Error("nothing is fetched until the container is made");
 * ```
 */
export function registryImage(reference: string, options: RegistryImageOptions = {}): ContainerSource {
  const parsed = parseReference(reference);
  return {
    kind: "registry",
    async open({ signal, onProgress, compat }) {
      const client = registryClient(parsed, { ...options, signal });
      const job: Job = { signal, onProgress };
      const blobs = registryBlobs(client, job, options);
      const start = await firstManifest(client, parsed, reference);
      const image = await resolveImage(blobs, start, reference, { platform: options.platform, compat });
      return {
        tree: streamedLayers(client, image, reference, job, options, compat),
        config: image.config as ImageConfig,
        origin: registryOrigin(parsed, reference, image),
      };
    },
  };
}

/** The document's members of a registry source, as pvr spells them. */
function registryOrigin(parsed: ImageReference, reference: string, image: ResolvedImage): JsonObject {
  const colon = reference.lastIndexOf(":");
  const named = parsed.digest !== undefined;
  return {
    docker_name: named ? reference.slice(0, colon) : parsed.name,
    docker_tag: named ? reference.slice(colon + 1) : parsed.tag!,
    docker_digest: `${parsed.name}@${image.digest}`,
    docker_source: "remote",
    docker_config: image.config,
    ...(image.platform === undefined ? {} : { docker_platform: image.platform }),
  };
}

async function firstManifest(
  client: RegistryClient,
  parsed: ImageReference,
  reference: string,
): ReturnType<typeof readManifest> {
  return readManifest(client, parsed.digest ?? parsed.tag!, reference, parsed.digest);
}

async function readManifest(client: RegistryClient, name: string, reference: string, expected?: string) {
  const response = await client.get(`manifests/${name}`, { accept: manifestAccept });
  const bytes = await readBytes(response, { maxBytes: MAX_DOCUMENT_BYTES });
  const digest = `sha256:${createHasher().update(bytes).id()}`;
  const said = expected ?? response.headers.get("docker-content-digest") ?? digest;
  if (said !== digest) {
    throw new PvError(
      "OCI_DIGEST_MISMATCH",
      `the manifest of ${reference} is not what its digest says: ${digest} instead of ${said}`,
      { expected: said, actual: digest },
    );
  }
  return { bytes, digest };
}

function registryBlobs(client: RegistryClient, { signal }: Job, { retryBaseMs }: RegistryImageOptions): ImageBlobs {
  return {
    manifest: async ({ digest }) => (await readManifest(client, digest, digest, digest)).bytes,
    blob: (descriptor: Descriptor) => registryBlob(client, descriptor, { signal, retryBaseMs }),
  };
}

/** Layers as one tree; each is fetched when it is wanted, and the next one ahead of that. */
function streamedLayers(
  client: RegistryClient,
  image: ResolvedImage,
  reference: string,
  job: Job,
  { prefetchBytes = 16 * 2 ** 20, retryBaseMs }: RegistryImageOptions,
  compat: "pvr-2023" | undefined,
) {
  const total = image.layers.reduce((sum, { size }) => sum + size, 0);
  let progress: ProgressReporter | undefined;
  const ahead = new Map<number, Prefetch>();
  const fetched = (at: number): Prefetch => {
    const descriptor = image.layers[at]!;
    const started =
      ahead.get(at) ??
      prefetch(
        (stopped) =>
          registryBlob(client, descriptor, {
            signal: job.signal ? AbortSignal.any([job.signal, stopped]) : stopped,
            retryBaseMs,
            onBytes: (count) => progress?.add(count),
          }),
        prefetchBytes,
      );
    ahead.set(at, started);
    return started;
  };
  const layers = image.layers.map(
    (_, at) =>
      async function* () {
        progress ??= progressReporter(job, { task: "download", subject: reference, unit: "bytes", total });
        const { chunks } = fetched(at);
        ahead.delete(at);
        // Layers are laid over each other from the top: the one below comes next.
        if (at > 0) fetched(at - 1).start();
        else progress.finish();
        let whole = false;
        try {
          yield* chunks;
          whole = true;
        } finally {
          // Nobody will ask for the layers below any more.
          if (!whole) for (const other of ahead.values()) other.stop();
          if (!whole) ahead.clear();
        }
      },
  );
  return layersTree(layers, compat);
}
