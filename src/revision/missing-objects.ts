import type { ObjectId } from "../core/index.ts";
import { eachObject, objectIds } from "./each-object.ts";
import type { Revision } from "./types.ts";

/**
 * The objects that a revision names and its reader does not have, each once, in the order of their paths.
 *
 * @example
 * ```ts
 * import { compose, container, missingObjects } from "@pv/sdk";
 * const web = compose(container({ name: "web", type: "lxc" }, { "root.squashfs": "a".repeat(64) }));
 * if ((await missingObjects(web)).join() !== "a".repeat(64)) throw new Error("where is it?");
 * ```
 */
export async function missingObjects(revision: Revision): Promise<readonly ObjectId[]> {
  const ids = objectIds(revision);
  const missing = new Set<ObjectId>();
  await eachObject(ids, async (id) => {
    if (!(await revision.objects.has(id))) missing.add(id);
  });
  return ids.filter((id) => missing.has(id));
}
