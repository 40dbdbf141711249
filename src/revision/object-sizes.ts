import { isPvError, type ObjectId } from "../core/index.ts";
import { eachObject, objectIds } from "./each-object.ts";
import type { Revision } from "./types.ts";

/**
 * Sizes in bytes of all objects that some revisions name and their readers have, for `planUpdate`. Reads no content;
 * what no reader has is left out.
 *
 * @example
 * ```ts
 * import { compose, container, memoryStore, objectSizes } from "@pv/sdk";
 * const store = memoryStore();
 * const id = await store.put(new Uint8Array(10));
 * const web = container({ name: "web", type: "lxc" }, { "root.squashfs": id, "more.squashfs": "a".repeat(64) });
 * const sizes = await objectSizes({ ...compose(web), objects: store });
 * if (sizes.get(id) !== 10 || sizes.size !== 1) throw new Error("wrong sizes");
 * ```
 */
export async function objectSizes(...revisions: readonly Revision[]): Promise<ReadonlyMap<ObjectId, number>> {
  const sizes = new Map<ObjectId, number>();
  for (const revision of revisions) {
    const ids = objectIds(revision).filter((id) => !sizes.has(id));
    await eachObject(ids, async (id) => {
      const source = revision.objects.get(id);
      try {
        sizes.set(id, await source.size());
      } catch (error) {
        if (!isPvError(error, "OBJECT_MISSING", "OBJECT_ID_INVALID")) throw error;
      } finally {
        await source.close?.();
      }
    });
  }
  return sizes;
}
