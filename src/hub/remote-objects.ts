import { type ByteSource, type Bytes, readBytes } from "../core/index.ts";
import { isObjectId, type ObjectReader } from "../objects/index.ts";
import { downloadObject } from "./download-object.ts";
import { asObject, type Requester, requestJson } from "./json-request.ts";
import { member, recordUrl } from "./object-record.ts";

/** Longest object that is held in memory, for who reads it piece by piece; streaming has no limit. */
const MAX_HELD_BYTES = 2 ** 31;

/** Objects that stay on the hub until they are read, each checked; streamed, or held whole while it is open. */
export function remoteObjects(requester: Requester, objectsUrl: string): ObjectReader {
  return {
    async has(id) {
      if (!isObjectId(id)) return false;
      const request = { method: "GET" as const, url: recordUrl(objectsUrl, id), accept: [400, 403, 404] };
      return (await requestJson(requester, request)).status < 300;
    },
    get(id): ByteSource {
      let held: Promise<Bytes> | undefined;
      const stream = ({ signal }: { signal?: AbortSignal | undefined } = {}): AsyncGenerator<Bytes, void, void> =>
        downloadObject(requester, objectsUrl, id, { signal: signal ?? requester.signal });
      const fetchAll = (): Promise<Bytes> => (held ??= readBytes(stream(), { maxBytes: MAX_HELD_BYTES }));
      return {
        stream,
        async size() {
          if (held) return (await held).length;
          const url = recordUrl(objectsUrl, id);
          const record = asObject((await requestJson(requester, { method: "GET", url })).value, url, "object");
          const size = member(record, "size");
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
