import { type Bytes, type Content, isPvError, type ObjectId, PvError } from "../core/index.ts";
import { contentChunks } from "../core/internal.ts";
import { readExport } from "../export/index.ts";
import { createHasher, isObjectId, memoryStore } from "../objects/index.ts";
import { selectParts } from "../state/index.ts";
import type { ContainerSource, SourceOptions } from "./types.ts";

/** Which package, and how to get it. */
export interface PackageOptions {
  /** The part to take; needed where the package holds several containers and none has the container's name. */
  part?: string | undefined;
  /** SHA-256 of the archive itself; another one is refused. */
  sha256?: ObjectId | undefined;
  /** Instead of the runtime's own `fetch`: headers, a private CA, a proxy. */
  fetch?: typeof fetch | undefined;
}

/** A response fails as content does, with its status; the network in our words. */
async function download(url: URL, { fetch: get = fetch }: PackageOptions, signal?: AbortSignal): Promise<Response> {
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw new TypeError(`a package is fetched over http or https, not ${url.protocol} (a file needs fileSource(path))`);
  try {
    return await get(url, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    if (isPvError(error)) throw error;
    const place = `${url.origin}${url.pathname}`;
    const reason = error instanceof Error ? error.message : String(error);
    throw new PvError("CONTENT_HTTP", `${place}: ${reason}`, { url: place, status: 0 }, { cause: error });
  }
}

/**
 * A prebuilt container: a `.pvrexport.tgz` (plain or compressed, found by content) as bytes, file or stream, or a URL of
 * one, such as a GitLab generic package. Every object is checked; with `sha256` the archive is, too.
 *
 * @throws `PvError` once opened: `OBJECT_HASH_MISMATCH` when the archive is not `sha256` or an object not its name,
 * `CONTENT_HTTP` when the server does not give it, `PART_UNKNOWN` when `part` is not in it, and what {@link readExport}
 * throws.
 * @example
 * ```ts
 * import { files, readBytes, writeExport } from "@pv/sdk";
 * import { createContainer, packageArchive } from "@pv/sdk/container";
 * const built = await createContainer("web", { from: files({ "/sbin/init": { mode: 0o755, content: "" } }) });
 * const archive = await readBytes(writeExport(built));
 * const web = await createContainer("web", { from: packageArchive(archive) });
 * if (web.state["web/root.squashfs"] !== built.state["web/root.squashfs"]) throw new Error("not the same image");
 * ```
 */
export function packageArchive(archive: Content | URL, options: PackageOptions = {}): ContainerSource {
  const { part, sha256 } = options;
  if (typeof archive === "string")
    throw new TypeError("packageArchive takes bytes or a URL: new URL(text), or fileSource(path) for a path");
  if (sha256 !== undefined && !isObjectId(sha256))
    throw new PvError("OBJECT_ID_INVALID", "sha256 must be 64 hex digits in lower case", { id: String(sha256) });
  return {
    kind: "package",
    async open({ store = memoryStore(), signal, onProgress }: SourceOptions) {
      const content = archive instanceof URL ? await download(archive, options, signal) : archive;
      const hasher = createHasher();
      async function* hashed(): AsyncGenerator<Bytes, void, void> {
        for await (const bytes of contentChunks(content, { signal })) {
          hasher.update(bytes);
          yield bytes;
        }
      }
      const chunks = hashed();
      // A reader may leave what follows the end of the archive; the hash is that of all of it.
      const kept = { [Symbol.asyncIterator]: () => ({ next: () => chunks.next() }) };
      try {
        const revision = await readExport(kept, store, { signal, onProgress });
        for await (const _ of chunks);
        const actual = hasher.id();
        if (sha256 !== undefined && actual !== sha256) {
          throw new PvError(
            "OBJECT_HASH_MISMATCH",
            `the package is not the one wanted: its SHA-256 is ${actual}`,
            { expected: sha256, actual },
            { hint: "it was replaced or tampered with; pin the new hash only if you trust it" },
          );
        }
        return {
          revision: part === undefined ? revision : selectParts(revision, part),
          origin: archive instanceof URL ? { pvr: `${archive.origin}${archive.pathname}` } : {},
        };
      } finally {
        await chunks.return();
      }
    },
  };
}
