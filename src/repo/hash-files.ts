import { type Bytes, contentChunks, type Job, type ObjectId, toHex } from "../core/index.ts";
import { createHasher } from "../objects/index.ts";
import type { ObjectPool } from "./object-pool.ts";
import type { Folder } from "./types.ts";

/** A file to hash. */
export interface FileToHash {
  path: string;
  sizeBytes: number;
  /** Its object is likely to be new to the store: it is copied while it is hashed. */
  isNew?: boolean;
}

/** Files up to this size are read whole, into a buffer that is used again. */
const WHOLE_BYTES = 4 * 2 ** 20;
/** So many at once: the runtime hashes whole buffers on threads of its own. */
const AT_ONCE = 4;
/** Below this a turn to another thread costs more than it saves. */
const SHORT_BYTES = 32_768;

async function digest(bytes: Bytes): Promise<ObjectId> {
  const subtle = globalThis.crypto?.subtle;
  if (bytes.length < SHORT_BYTES || !subtle) return createHasher().update(bytes).id();
  return toHex(new Uint8Array(await subtle.digest("SHA-256", bytes)));
}

async function streamed(folder: Folder, path: string, signal?: AbortSignal): Promise<ObjectId> {
  const hasher = createHasher();
  for await (const bytes of contentChunks(folder.read(path), { signal })) hasher.update(bytes);
  return hasher.id();
}

/**
 * SHA-256 of files, several at once; with a store, what it lacks is put into it on the way, from the bytes that were
 * hashed. Memory does not grow with the files.
 */
export async function hashFiles(
  folder: Folder,
  files: readonly FileToHash[],
  { store, signal }: { store?: ObjectPool | undefined } & Job = {},
): Promise<ReadonlyMap<string, ObjectId>> {
  const ids = new Map<string, ObjectId>();
  const largest = Math.max(0, ...files.map(({ sizeBytes }) => (sizeBytes <= WHOLE_BYTES ? sizeBytes : 0)));
  let next = 0;
  let failure: { error: unknown } | undefined;

  async function one({ path, sizeBytes, isNew }: FileToHash, buffer: Bytes): Promise<ObjectId> {
    if (folder.readInto && sizeBytes <= buffer.length) {
      const length = await folder.readInto(path, buffer);
      if (length <= buffer.length) {
        const bytes = buffer.subarray(0, length);
        const id = await digest(bytes);
        await store?.keep(id, bytes);
        return id;
      }
    }
    if (store && isNew) return store.put(folder.read(path), { signal });
    const id = await streamed(folder, path, signal);
    if (store && !(await store.has(id))) await store.put(folder.read(path), { expect: id, signal });
    return id;
  }

  async function worker(): Promise<void> {
    const buffer = new Uint8Array(largest);
    while (next < files.length && !failure) {
      const file = files[next++]!;
      try {
        signal?.throwIfAborted();
        ids.set(file.path, await one(file, buffer));
      } catch (error) {
        failure ??= { error };
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, files.length) }, worker));
  if (failure) throw failure.error;
  return ids;
}
