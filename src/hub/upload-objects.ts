import { type ByteSource, type Bytes, type Job, type ObjectId, PvError } from "../core/index.ts";
import {
  contentChunks,
  isTransient,
  nativeProcess,
  progressReporter,
  sleep,
  toStream,
  waitBefore,
} from "../core/internal.ts";
import { createHasher } from "../objects/index.ts";
import type { Revision } from "../revision/index.ts";
import { asObject, plainUrl, type Requester, requestJson, TIMEOUT_MS, unreachable } from "./json-request.ts";
import { objectPaths, recordText, recordUrl, signedUrl } from "./object-record.ts";
import { type Patience, patience } from "./patience.ts";

/** Uploads and look-ups under way at once: each costs a connection. */
const AT_ONCE = 6;
const MAX_TRIES = 4;
/** Objects up to this size are sent from memory. */
const WHOLE_BYTES = 2 ** 20;

/** How objects are uploaded. */
export interface UploadOptions extends Job {
  /** Objects that are there already: nothing is asked about them. */
  there?: ReadonlySet<ObjectId> | undefined;
  /** Upload again what the server has, unless it is another owner's; default: false. */
  force?: boolean | undefined;
}

interface Upload {
  requester: Requester;
  id: ObjectId;
  path: string;
  source: ByteSource;
  sizeBytes: number;
  target: string;
  signal: AbortSignal | undefined;
}

/** The object's bytes; what they are not fails before their end, so that nothing wrong arrives whole. */
async function* checked({ source, id, path, signal }: Upload, wait: Patience): AsyncGenerator<Bytes, void, void> {
  const hasher = createHasher();
  for await (const bytes of contentChunks(source, { signal })) {
    hasher.update(bytes);
    wait.wind();
    yield bytes;
  }
  const actual = hasher.id();
  if (actual === id) return;
  const data = { expected: id, actual, path };
  throw new PvError("OBJECT_HASH_MISMATCH", `${path}: the object has SHA-256 ${actual}, expected ${id}`, data, {
    hint: "the object pool is damaged; fetch the object again",
  });
}

/** A body of known length. A browser streams none, but keeps large blobs on its disk. */
async function bodyOf(upload: Upload, wait: Patience): Promise<RequestInit> {
  if (upload.sizeBytes > WHOLE_BYTES && nativeProcess()) {
    const headers = { "content-length": String(upload.sizeBytes) };
    return { body: toStream(checked(upload, wait)), duplex: "half", headers } as RequestInit;
  }
  const parts: Bytes[] = [];
  for await (const bytes of checked(upload, wait)) parts.push(bytes);
  return { body: new Blob(parts) };
}

/** One try; the answer's status, or what kept it from coming. */
async function put(upload: Upload): Promise<number | { error: unknown }> {
  const { requester, target, signal } = upload;
  const wait = patience(requester.timeoutMs ?? TIMEOUT_MS, signal);
  let failure: unknown;
  try {
    const init = await bodyOf(upload, wait).catch((error: unknown) => {
      failure = error;
      throw error;
    });
    const response = await requester.fetch(target, { method: "PUT", ...init, signal: wait.signal });
    await response.body?.cancel().catch(() => {});
    return response.status;
  } catch (cause) {
    signal?.throwIfAborted();
    const own = failure ?? (cause instanceof Error ? cause.cause : undefined);
    if (own instanceof PvError) throw own;
    if (cause instanceof PvError) throw cause;
    return { error: unreachable(target, cause, wait) };
  } finally {
    wait.stop();
  }
}

async function putAgain(upload: Upload): Promise<void> {
  for (let tried = 1; ; tried++) {
    const result = await put(upload);
    if (typeof result === "number" && result >= 200 && result < 300) return;
    if (tried >= MAX_TRIES || (typeof result === "number" && !isTransient(result))) {
      if (typeof result !== "number") throw result.error;
      const data = { method: "PUT", url: plainUrl(upload.target), status: result };
      throw new PvError("HUB_HTTP", `the upload of ${upload.path} answered ${result}`, data);
    }
    await sleep(waitBefore(tried, null, upload.requester.retryBaseMs ?? 500), upload.signal);
  }
}

async function uploadOne(
  requester: Requester,
  objectsUrl: string,
  revision: Revision,
  [id, path]: readonly [ObjectId, string],
  { force = false, signal }: UploadOptions,
): Promise<void> {
  const source = revision.objects.get(id);
  try {
    const sizeBytes = await source.size();
    const url = recordUrl(objectsUrl, "");
    // 409 says that it is there already: no failure, no upload.
    const { status, value, headers } = await requestJson(requester, {
      method: "POST",
      url,
      body: recordText(id, path, sizeBytes),
      accept: [409],
      repeatable: true,
    });
    const isLink = headers.get("pantahub-object-type") === "link";
    if (status === 409 && (!force || isLink)) return;
    const target = signedUrl(asObject(value, url, "object"), "signed-puturl", url, id);
    await putAgain({ requester, id, path, source, sizeBytes, target, signal });
  } finally {
    await source.close?.();
  }
}

/**
 * Uploads the objects of a revision, a few at a time.
 *
 * @throws `PvError` `OBJECT_MISSING` before anything is sent, `OBJECT_HASH_MISMATCH`, `HUB_HTTP`, `HUB_AUTH`,
 * `NETWORK_FAILED`.
 */
export async function uploadObjects(
  requester: Requester,
  objectsUrl: string,
  revision: Revision,
  options: UploadOptions = {},
): Promise<void> {
  const { there } = options;
  const wanted = [...objectPaths(revision)].filter(([id]) => !there?.has(id));
  for (const [id, path] of wanted) {
    if (!(await revision.objects.has(id)))
      throw new PvError("OBJECT_MISSING", `${path}: object ${id} is not at hand`, { id, path });
  }
  const progress = progressReporter(options, {
    task: "upload",
    subject: "objects",
    unit: "objects",
    total: wanted.length,
  });
  let next = 0;
  let failure: { error: unknown } | undefined;
  async function worker(): Promise<void> {
    while (next < wanted.length && !failure) {
      const each = wanted[next++]!;
      try {
        await uploadOne(requester, objectsUrl, revision, each, options);
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
