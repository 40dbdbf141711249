import { type Job, type ObjectId, PvError } from "../core/index.ts";
import type { ObjectStore } from "../objects/index.ts";
import type { Revision } from "../revision/index.ts";
import { listObjects } from "../state/index.ts";

/** Copies under way at once: each may be a connection. */
const AT_ONCE = 4;

/**
 * Every object that the revision's state names, from where it is, checked on the way; gives the number that was new.
 *
 * @throws `PvError` `OBJECT_MISSING` when one is not there, `OBJECT_HASH_MISMATCH` when it is another.
 */
export async function copyObjects({ state, objects }: Revision, pool: ObjectStore, options: Job = {}): Promise<number> {
  const wanted = new Map<ObjectId, string>();
  for (const [path, id] of listObjects(state)) {
    if (!wanted.has(id) && !(await pool.has(id))) wanted.set(id, path);
  }
  await copyAll(wanted, objects, pool, options);
  return wanted.size;
}

async function copyAll(
  wanted: ReadonlyMap<ObjectId, string>,
  objects: Revision["objects"],
  pool: ObjectStore,
  { signal }: Job,
): Promise<void> {
  const left = [...wanted];
  let failure: { error: unknown } | undefined;
  async function worker(): Promise<void> {
    for (let each = left.shift(); each && !failure; each = left.shift()) {
      const [id, path] = each;
      const source = objects.get(id);
      try {
        signal?.throwIfAborted();
        await pool.put(source, { expect: id, signal });
      } catch (error) {
        failure ??= { error: withPath(error, path) };
      } finally {
        await source.close?.();
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, left.length) }, worker));
  if (failure) throw failure.error;
}

/** The same error, saying which file of the state lacks its object. */
function withPath(error: unknown, path: string): unknown {
  if (!(error instanceof PvError) || (error.code !== "OBJECT_MISSING" && error.code !== "OBJECT_HASH_MISMATCH"))
    return error;
  const data = { ...error.data, path };
  return new PvError(error.code, `${path}: ${error.message}`, data as never, { hint: error.hint, cause: error });
}
