import type { JsonObject } from "../core/index.ts";
import type { StateLike } from "../state/index.ts";
import { stateOf, withState } from "../state/internal.ts";
import { copyValue, isObject, rebuild, requireSpec } from "./member.ts";

/** `MergePatch` of RFC 7386, section 2. */
function merge(target: JsonObject, patch: JsonObject, depth: number): JsonObject {
  return rebuild("", depth, [target, patch], (_, _path, [old, value]) => {
    if (value === undefined) return [old, target];
    if (isObject(value)) return [merge(isObject(old) ? old : {}, value, depth + 1), patch];
    return [value === null ? undefined : copyValue(value, depth + 1), patch];
  });
}

/**
 * Applies an RFC 7386 merge patch to a state or to what carries one, and gives back the same kind of thing: members
 * that are `null` go, objects are merged, all else replaces. Exact decimals come along from both sides; what was given
 * is not changed. Nulls inside arrays stay, as the RFC has it (pvr drops them).
 *
 * @throws `PvError` `CHANGE_IMPOSSIBLE` when the patch leaves no `#spec`, or nests deeper than 1,000 levels.
 * @example
 * ```ts
 * import { applyPatch, formatState, parseState } from "@pv/sdk";
 * const state = parseState('{"#spec":"pantavisor-service-system@1","web/run.json":{"name":"web","group":"app"}}');
 * const line = formatState(applyPatch(state, { "web/run.json": { group: null, type: "lxc" } }));
 * if (line !== '{"#spec":"pantavisor-service-system@1","web/run.json":{"name":"web","type":"lxc"}}') throw new Error(line);
 * ```
 */
export function applyPatch<T extends StateLike>(state: T, patch: JsonObject): T {
  // A patch that is no object takes the place of the whole target (RFC 7386), which is then no state.
  return withState(state, requireSpec(isObject(patch) ? merge(stateOf(state), patch, 0) : {}));
}
