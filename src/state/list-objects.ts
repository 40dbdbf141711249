import type { ObjectId } from "../core/index.ts";
import { isInlineJson } from "./part-name.ts";
import { stateOf } from "./state-like.ts";
import type { StateLike } from "./types.ts";

/**
 * The paths of a state that name objects, with their ids as they stand (a state may hold any text there; stores
 * refuse what is no id).
 *
 * @example
 * ```ts
 * import { listObjects, parseState } from "@pv/sdk/state";
 * const id = "a".repeat(64);
 * const state = parseState(`{"#spec":"pantavisor-service-system@1","web/root.squashfs":"${id}","web/run.json":{}}`);
 * if ([...listObjects(state).keys()].join() !== "web/root.squashfs") throw new Error("wrong");
 * ```
 */
export function listObjects(state: StateLike): ReadonlyMap<string, ObjectId> {
  const objects = new Map<string, ObjectId>();
  for (const [path, value] of Object.entries(stateOf(state))) {
    if (path !== "#spec" && typeof value === "string" && !isInlineJson(path, value)) objects.set(path, value);
  }
  return objects;
}
