import type { ObjectId } from "../core/index.ts";
import { listObjects } from "../state/index.ts";
import type { Revision } from "./types.ts";

/** Objects that are asked for at a time: enough to hide a hub's latency, few enough for its limits. */
const AT_ONCE = 16;

/** The ids of a revision, each once, in the order of its paths. */
export function objectIds(revision: Revision): readonly ObjectId[] {
  return [...new Set([...listObjects(revision.state)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, id]) => id))];
}

/** Runs work on each object, some at a time; the first failure stops the rest. */
export async function eachObject(ids: readonly ObjectId[], work: (id: ObjectId) => Promise<void>): Promise<void> {
  const left = ids.values();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const id of left) {
      if (failed) return;
      try {
        await work(id);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, ids.length) }, worker));
}
