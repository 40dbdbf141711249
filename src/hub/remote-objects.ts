import {
  type ByteSource,
  type Bytes,
  contentChunks,
  type Job,
  type JsonValue,
  type ObjectId,
  PvError,
  progressReporter,
  readBytes,
  resumedDownload,
} from "../core/index.ts";
import { createHasher, isObjectId, type ObjectReader } from "../objects/index.ts";
import type { Revision } from "../revision/index.ts";
import { asObject, plainUrl, type Requester, requestJson } from "./json-request.ts";

/** Uploads and look-ups under way at once: each costs a connection. */
const AT_ONCE = 6;

function member(value: JsonValue | undefined, name: string): string {
  const found =
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, JsonValue | undefined>)[name]
      : undefined;
  return typeof found === "string" || typeof found === "number" ? String(found) : "";
}

/** Paths of a state by object id: one name each is enough. */
export function objectPaths({ state }: Pick<Revision, "state">): ReadonlyMap<ObjectId, string> {
  const paths = new Map<ObjectId, string>();
  for (const [path, value] of Object.entries(state)) {
    if (path !== "#spec" && typeof value === "string" && isObjectId(value) && !paths.has(value)) paths.set(value, path);
  }
  return paths;
}

/** Bytes of an object, checked against its id as they stream; cut connections are gone on with. */
export async function* downloadObject(
  requester: Requester,
  objectsUrl: string,
  id: ObjectId,
  job: Job = {},
): AsyncGenerator<Bytes, void, void> {
  const url = `${objectsUrl.replace(/\/+$/, "")}/${id}`;
  const { value } = await requestJson(requester, { method: "GET", url });
  const address = member(asObject(value, url, "object"), "signed-geturl");
  const size = Number(member(value, "size") || Number.NaN);
  if (!URL.canParse(address, url))
    throw new PvError("OBJECT_MISSING", `${plainUrl(url)} gives no address for the object`, { id });
  const { signal, onProgress } = job;
  const sizeBytes = Number.isSafeInteger(size) && size > 0 ? size : undefined;
  const progress = progressReporter({ onProgress }, { task: "download", subject: id, unit: "bytes", total: sizeBytes });
  const hasher = createHasher();
  // No token goes along: the address is its own permission, and may lead to another host.
  const get = async (headers: Readonly<Record<string, string>>): Promise<Response> => {
    const response = await requester.fetch(new URL(address, url).href, { headers, ...(signal ? { signal } : {}) });
    if (response.ok || response.status >= 500 || response.status === 429) return response;
    await response.body?.cancel().catch(() => {});
    throw new PvError("HUB_HTTP", `the object ${id} answered ${response.status}`, {
      method: "GET",
      url: plainUrl(address),
      status: response.status,
    });
  };
  for await (const bytes of resumedDownload({
    get,
    name: `the object ${id}`,
    sizeBytes,
    signal,
    retryBaseMs: requester.retryBaseMs,
    onBytes: (count) => progress.add(count),
  })) {
    hasher.update(bytes);
    yield bytes;
  }
  const actual = hasher.id();
  if (actual !== id)
    throw new PvError("OBJECT_HASH_MISMATCH", `the hub gave ${actual} for the object ${id}`, { expected: id, actual });
  progress.finish();
}

/** Objects that stay on the hub until they are read; each is fetched whole, checked, and kept while it is open. */
export function remoteObjects(requester: Requester, objectsUrl: string): ObjectReader {
  return {
    async has(id) {
      if (!isObjectId(id)) return false;
      const url = `${objectsUrl.replace(/\/+$/, "")}/${id}`;
      return (await requestJson(requester, { method: "GET", url, accept: [400, 403, 404] })).status < 300;
    },
    get(id): ByteSource {
      let held: Promise<Bytes> | undefined;
      const fetchAll = (): Promise<Bytes> =>
        (held ??= readBytes(downloadObject(requester, objectsUrl, id, { signal: requester.signal }), {
          maxBytes: 2 ** 31,
        }));
      return {
        async size() {
          if (held) return (await held).length;
          const url = `${objectsUrl.replace(/\/+$/, "")}/${id}`;
          const size = member((await requestJson(requester, { method: "GET", url })).value, "size");
          return /^\d+$/.test(size) && Number(size) > 0 ? Number(size) : (await fetchAll()).length;
        },
        read: async (offset, length) => (await fetchAll()).slice(offset, offset + length),
        async close() {
          held = undefined;
        },
      };
    },
  };
}

async function uploadOne(
  requester: Requester,
  objectsUrl: string,
  revision: Revision,
  id: ObjectId,
  path: string,
  job: Job,
): Promise<void> {
  const source = revision.objects.get(id);
  try {
    const sizeBytes = await source.size();
    const url = `${objectsUrl.replace(/\/+$/, "")}/`;
    const body = {
      id,
      objectname: path,
      sha256sum: id,
      size: String(sizeBytes),
      "mime-type": "application/octet-stream",
    };
    // 409 says that it is there already: no failure, no upload.
    const { status, value } = await requestJson(requester, {
      method: "POST",
      url,
      body,
      accept: [409],
      repeatable: true,
    });
    if (status === 409) return;
    const address = member(asObject(value, url, "object"), "signed-puturl");
    if (!URL.canParse(address, url))
      throw new PvError("HUB_HTTP", `${plainUrl(url)} gives no address to upload to`, {
        method: "POST",
        url: plainUrl(url),
        status,
      });
    const target = new URL(address, url).href;
    const hasher = createHasher();
    const parts: Bytes[] = [];
    for await (const bytes of contentChunks(source, { signal: job.signal })) {
      hasher.update(bytes);
      parts.push(bytes);
    }
    const actual = hasher.id();
    if (actual !== id)
      throw new PvError("OBJECT_HASH_MISMATCH", `${path}: the object has SHA-256 ${actual}, expected ${id}`, {
        expected: id,
        actual,
        path,
      });
    const blob = new Blob(parts);
    const response = await requester.fetch(target, {
      method: "PUT",
      body: blob,
      ...(job.signal ? { signal: job.signal } : {}),
    });
    await response.body?.cancel().catch(() => {});
    if (!response.ok)
      throw new PvError("HUB_HTTP", `the upload of ${path} answered ${response.status}`, {
        method: "PUT",
        url: plainUrl(target),
        status: response.status,
      });
  } finally {
    await source.close?.();
  }
}

/**
 * Uploads the objects of a revision that are not among those already there, a few at a time.
 *
 * @throws {@link PvError} `OBJECT_MISSING`, `OBJECT_HASH_MISMATCH`, `HUB_HTTP`; no step is posted then.
 */
export async function uploadObjects(
  requester: Requester,
  objectsUrl: string,
  revision: Revision,
  there: ReadonlySet<ObjectId>,
  job: Job = {},
): Promise<void> {
  const wanted = [...objectPaths(revision)].filter(([id]) => !there.has(id));
  for (const [id, path] of wanted) {
    if (!(await revision.objects.has(id)))
      throw new PvError("OBJECT_MISSING", `${path}: object ${id} is not at hand`, { id, path });
  }
  const progress = progressReporter(job, { task: "upload", subject: "objects", unit: "objects", total: wanted.length });
  let next = 0;
  let failure: { error: unknown } | undefined;
  async function worker(): Promise<void> {
    while (next < wanted.length && !failure) {
      const [id, path] = wanted[next++]!;
      try {
        await uploadOne(requester, objectsUrl, revision, id, path, job);
        progress.add(1);
      } catch (error) {
        failure ??= { error };
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (failure) throw failure.error;
  progress.finish();
}
