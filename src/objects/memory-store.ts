import { type Bytes, memorySink, type ObjectId, PvError } from "../core/index.ts";
import { concatBytes, contentChunks, toByteSource } from "../core/internal.ts";
import { createHasher } from "./hasher.ts";
import { checkExpected, checkObjectId, isObjectId, objectMissing } from "./object-id.ts";
import { readProgress } from "./read-progress.ts";
import type { ObjectStore } from "./types.ts";

const DEFAULT_MAX_BYTES = 512 * 2 ** 20;
const CHUNK_BYTES = 2 ** 20;

/**
 * Objects in memory, gone with the process; at most `maxBytes` (512 MiB unless told), what is being written included.
 *
 * `put` and `sink` throw `PvError` `STORE_FULL` at the limit and `OBJECT_HASH_MISMATCH` when the content is not
 * `expect`; nothing is kept then. Reading an absent object throws `OBJECT_MISSING`.
 *
 * @example
 * ```ts
 * import { memoryStore, readBytes } from "@pv/sdk";
 * const store = memoryStore({ maxBytes: 1024 });
 * const id = await store.put(new Uint8Array([1, 2, 3]));
 * if ((await readBytes(store.get(id))).join() !== "1,2,3") throw new Error("not kept");
 * ```
 */
export function memoryStore(options: { maxBytes?: number | undefined } = {}): ObjectStore {
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const objects = new Map<ObjectId, Bytes>();
  let used = 0;

  function take(count: number): void {
    if (used + count > maxBytes) {
      throw new PvError(
        "STORE_FULL",
        `the memory store holds at most ${maxBytes} bytes`,
        { maxBytes },
        { hint: "use directoryStore(path) of @pv/sdk/node or, in a browser, opfsStore(name); or raise maxBytes" },
      );
    }
    used += count;
  }

  return {
    async has(id) {
      return objects.has(id);
    },
    get(id) {
      const bytes = (): Bytes => {
        const found = objects.get(checkObjectId(id));
        if (!found) throw objectMissing(id);
        return found;
      };
      return {
        size: async () => bytes().length,
        // A copy: what is handed out may be changed, what is kept may not.
        read: async (offset, length) => (await toByteSource(bytes()).read(offset, length)).slice(),
      };
    },
    async put(content, options = {}) {
      const { expect, signal } = options;
      if (expect !== undefined) checkObjectId(expect);
      const hasher = createHasher();
      const progress = await readProgress(content, options);
      const parts: Bytes[] = [];
      let size = 0;
      try {
        for await (const chunk of contentChunks(content, { signal })) {
          take(chunk.length);
          size += chunk.length;
          hasher.update(chunk);
          parts.push(chunk.slice());
          progress.add(chunk.length);
        }
        const id = hasher.id();
        checkExpected(id, expect);
        if (!objects.has(id)) {
          objects.set(id, concatBytes(parts));
          size = 0;
        }
        progress.finish();
        return id;
      } finally {
        used -= size;
      }
    },
    sink() {
      const sink = memorySink();
      let resolve: (id: ObjectId) => void = () => {};
      let reject: (reason: unknown) => void = () => {};
      const id = new Promise<ObjectId>((onId, onError) => {
        resolve = onId;
        reject = onError;
      });
      id.catch(() => {}); // nobody need listen
      let size = 0;
      const grow = (to: number): void => {
        if (to <= size) return;
        take(to - size);
        size = to;
      };
      const release = (): void => {
        used -= size;
        size = 0;
      };
      return {
        id,
        written: sink.written,
        async write(offset, bytes) {
          grow(offset + bytes.length);
          await sink.write(offset, bytes);
        },
        async setSize(sizeBytes) {
          grow(sizeBytes);
          await sink.setSize(sizeBytes);
          used -= size - sizeBytes;
          size = sizeBytes;
        },
        async close() {
          await sink.close();
          const hasher = createHasher();
          const bytes = new Uint8Array(size);
          for (let at = 0; at < size; at += CHUNK_BYTES) {
            const chunk = await sink.written.read(at, CHUNK_BYTES);
            hasher.update(chunk);
            bytes.set(chunk, at);
          }
          const found = hasher.id();
          if (objects.has(found)) release();
          else objects.set(found, bytes);
          size = 0;
          resolve(found);
        },
        async abort(reason) {
          release();
          await sink.abort(reason);
          reject(reason ?? new DOMException("the sink was aborted", "AbortError"));
        },
      };
    },
    async *list() {
      yield* [...objects.keys()];
    },
    async delete(id) {
      if (!isObjectId(id)) checkObjectId(id);
      used -= objects.get(id)?.length ?? 0;
      objects.delete(id);
    },
  };
}
