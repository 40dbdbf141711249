import { type ObjectId, PvError } from "../core/index.ts";
import { listObjects, type State } from "../state/index.ts";
import type { ObjectPool } from "./object-pool.ts";
import type { GcOptions } from "./types.ts";

/**
 * Removes the objects that no state names.
 *
 * @throws `PvError` `PATH_UNSAFE` for a pool that other repositories may use, unless they are said to be known.
 */
export async function collectGarbage(
  pool: ObjectPool,
  state: State,
  isShared: boolean,
  { also = [], shared = false, dryRun = false }: GcOptions,
): Promise<readonly ObjectId[]> {
  if (isShared && !shared) {
    throw new PvError(
      "PATH_UNSAFE",
      "the object pool is outside of this repository, so others may keep their objects in it",
      { path: "ObjectsDir" },
      { hint: "name all repositories that use it, and say so with --shared" },
    );
  }
  const named = new Set([state, ...also].flatMap((each) => [...listObjects(each).values()]));
  const garbage: ObjectId[] = [];
  for await (const id of pool.list()) if (!named.has(id)) garbage.push(id);
  if (dryRun) return garbage.sort();
  for (const id of garbage) await pool.delete(id);
  return garbage.sort();
}
