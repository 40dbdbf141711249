import { composeState, type StatePart } from "../state/index.ts";
import { combineReaders } from "./combine-readers.ts";
import type { Revision } from "./types.ts";

function isRevision(part: Revision | StatePart): part is Revision {
  const { state, objects } = part as Partial<Revision>;
  // A part is plain JSON: it cannot hold functions.
  return typeof state === "object" && typeof objects?.get === "function" && typeof objects.has === "function";
}

/**
 * Joins revisions and parts of states. Copies nothing: objects stay where they are, and are looked for in all of them.
 * The result may be partial; {@link missingObjects} tells.
 *
 * @throws `PvError` `STATE_CONFLICT` when two parts give one key different content; {@link replaceParts} lets one
 * give way.
 * @throws `PvError` `STATE_INVALID` when a part holds what is no JSON.
 * @example
 * ```ts
 * import { compose, container, device, memoryStore, missingObjects, sha256 } from "@pv/sdk";
 * const store = memoryStore();
 * const id = await store.put(new TextEncoder().encode("root"));
 * const web = compose(container({ name: "web", type: "lxc" }, { "root.squashfs": id }), { state: { "#spec": "pantavisor-service-system@1" }, objects: store });
 * const all = compose(device({}), web, container({ name: "db", type: "lxc" }, { "root.squashfs": await sha256("elsewhere") }));
 * if ((await missingObjects(all)).length !== 1) throw new Error("web's object is there, db's is not");
 * ```
 */
export function compose(...parts: readonly (Revision | StatePart)[]): Revision {
  const state = composeState(...parts.map((part) => (isRevision(part) ? part.state : part)));
  return { state, objects: combineReaders(...parts.filter(isRevision).map((part) => part.objects)) };
}
