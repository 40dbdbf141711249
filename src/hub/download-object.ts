import { type Bytes, type Job, type ObjectId, PvError } from "../core/index.ts";
import { progressReporter, resumedDownload } from "../core/internal.ts";
import { createHasher } from "../objects/index.ts";
import { asObject, plainUrl, type Requester, requestJson } from "./json-request.ts";
import { member, recordUrl, signedUrl } from "./object-record.ts";

/**
 * Bytes of an object, checked against its id as they stream; cut connections are gone on with. Bytes that were given out
 * are good only when the end is reached.
 *
 * @throws `PvError` `OBJECT_HASH_MISMATCH` at the end when these are not the object's bytes, `HUB_HTTP`, `HUB_AUTH`,
 * `CONTENT_TRUNCATED`, `NETWORK_FAILED`.
 */
export async function* downloadObject(
  requester: Requester,
  objectsUrl: string,
  id: ObjectId,
  job: Job = {},
): AsyncGenerator<Bytes, void, void> {
  const url = recordUrl(objectsUrl, id);
  const record = asObject((await requestJson(requester, { method: "GET", url })).value, url, "object");
  const address = signedUrl(record, "signed-geturl", url, id);
  const size = Number(member(record, "size") || Number.NaN);
  const sizeBytes = Number.isSafeInteger(size) && size > 0 ? size : undefined;
  const { signal = requester.signal, onProgress } = job;
  const progress = progressReporter({ onProgress }, { task: "download", subject: id, unit: "bytes", total: sizeBytes });
  const hasher = createHasher();
  const get = async (headers: Readonly<Record<string, string>>, stop: AbortSignal): Promise<Response> => {
    const response = await requester.fetch(address, { headers, signal: stop });
    if (response.ok || response.status >= 500 || response.status === 429) return response;
    await response.body?.cancel().catch(() => {});
    const data = { method: "GET", url: plainUrl(address), status: response.status };
    throw new PvError("HUB_HTTP", `the object ${id} answered ${response.status}`, data);
  };
  const { retryBaseMs, timeoutMs } = requester;
  const name = `the object ${id}`;
  const onBytes = (count: number): void => progress.add(count);
  for await (const bytes of resumedDownload({
    get,
    name,
    sizeBytes,
    signal,
    retryBaseMs,
    idleMs: timeoutMs,
    onBytes,
  })) {
    hasher.update(bytes);
    yield bytes;
  }
  const actual = hasher.id();
  if (actual !== id) {
    throw new PvError(
      "OBJECT_HASH_MISMATCH",
      `the hub gave ${actual} for the object ${id}`,
      { expected: id, actual },
      { hint: "nothing of it was kept" },
    );
  }
  progress.finish();
}
