import type { Bytes, Job, ObjectId } from "../core/index.ts";
import { contentChunks } from "../core/internal.ts";
import { createHasher } from "../objects/index.ts";
import { type HashThread, openHashThread } from "./hash-threads.ts";
import type { ObjectPool } from "./object-pool.ts";
import { onFile } from "./runtime-files.ts";
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
/**
 * From this much on threads pay; they take 20 ms to start. What they copy is left to the system to bring to the disk, as
 * waiting for it would take longer than all the rest; less than this is on the disk before a state names it.
 */
const THREADS_FROM_BYTES = 64 * 2 ** 20;
/** Two: a disk gives no more, and each takes 10 MB of memory. */
const THREADS = 2;

interface Work extends Job {
  folder: Folder;
  store: ObjectPool | undefined;
}

async function streamed({ folder, signal }: Work, path: string): Promise<ObjectId> {
  const hasher = createHasher();
  for await (const bytes of contentChunks(folder.read(path), { signal })) hasher.update(bytes);
  return hasher.id();
}

/** In this thread; what is hashed and what is stored are the same bytes. */
async function hashHere(work: Work, { path, sizeBytes, isNew }: FileToHash, buffer: Bytes): Promise<ObjectId> {
  const { folder, store, signal } = work;
  if (folder.readInto && sizeBytes <= buffer.length) {
    const length = await folder.readInto(path, buffer);
    if (length <= buffer.length) {
      const bytes = buffer.subarray(0, length);
      const id = createHasher().update(bytes).id();
      await store?.keep(id, bytes);
      return id;
    }
  }
  if (store && isNew) return store.put(folder.read(path), { signal });
  const id = await streamed(work, path);
  if (store && !(await store.holds(id, sizeBytes))) {
    if (await store.has(id)) await store.delete(id);
    await store.put(folder.read(path), { expect: id, signal });
  }
  return id;
}

async function hashThere(
  { folder, store }: Work,
  { path, sizeBytes, isNew }: FileToHash,
  thread: HashThread,
): Promise<ObjectId> {
  const full = `${folder.root}/${path}`;
  const hash = (copy?: string): Promise<ObjectId> => onFile(full, () => thread.hash(full, copy));
  const id = store && isNew ? undefined : await hash();
  if (!store || (id !== undefined && (await store.holds(id, sizeBytes)))) return id!;
  return store.adopt((copy) => hash(copy));
}

/** Threads, where there is much to do and both sides are files of the runtime. */
function openThreads({ folder, store }: Work, files: readonly FileToHash[]): readonly HashThread[] {
  const total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (total < THREADS_FROM_BYTES || folder.root === undefined || (store && !store.canAdopt)) return [];
  return Array.from({ length: Math.min(THREADS, files.length) }, openHashThread).filter(
    (thread) => thread !== undefined,
  );
}

/**
 * SHA-256 of files; with a store, what it lacks is put into it on the way, from the bytes that were hashed. Memory does
 * not grow with the files.
 */
export async function hashFiles(
  folder: Folder,
  files: readonly FileToHash[],
  { store, signal }: { store?: ObjectPool | undefined } & Job = {},
): Promise<ReadonlyMap<string, ObjectId>> {
  const work: Work = { folder, store, signal };
  const ids = new Map<string, ObjectId>();
  const threads = openThreads(work, files);
  const whole = files.filter(({ sizeBytes }) => sizeBytes <= WHOLE_BYTES);
  const buffer = new Uint8Array(threads.length > 0 ? 0 : Math.max(0, ...whole.map(({ sizeBytes }) => sizeBytes)));
  const left = files[Symbol.iterator]();
  let failure: { error: unknown } | undefined;

  async function run(hash: (file: FileToHash) => Promise<ObjectId>): Promise<void> {
    for (const file of left) {
      if (failure) return;
      try {
        signal?.throwIfAborted();
        ids.set(file.path, await hash(file));
      } catch (error) {
        failure ??= { error };
      }
    }
  }
  try {
    if (threads.length === 0) await run((file) => hashHere(work, file, buffer));
    else await Promise.all(threads.map((thread) => run((file) => hashThere(work, file, thread))));
  } finally {
    for (const thread of threads) thread.close();
  }
  if (failure) throw failure.error;
  return ids;
}
