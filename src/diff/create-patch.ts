import type { JsonObject } from "../core/index.ts";
import type { StateLike } from "../state/index.ts";
import { stateOf } from "../state/internal.ts";
import { impossible, isObject, rebuild, sameMember } from "./member.ts";

function patchOf(from: JsonObject, to: JsonObject, path: string, depth: number): JsonObject {
  return rebuild(path, depth, [from, to], (key, inner, [before, after]) => {
    if (isObject(after) && before !== after) {
      const members = patchOf(isObject(before) ? before : {}, after, inner, depth + 1);
      return [isObject(before) && Object.keys(members).length === 0 ? undefined : members, to];
    }
    if (sameMember(from, to, key, depth)) return [undefined, to];
    // A merge patch says "remove" with null, so a member that *is* null has no word; arrays are taken over whole.
    if (after !== null) return [after ?? null, to];
    throw impossible(inner, "cannot become null");
  });
}

/**
 * What turns one state into another, as an RFC 7386 merge patch: only what differs, `null` for what goes, arrays
 * whole. Numbers are compared and taken over by their exact decimals. `{}` where nothing differs.
 *
 * @throws `PvError` `CHANGE_IMPOSSIBLE` with its path when the new state has a member that is `null` where the old
 * one has another value or none: a merge patch cannot say that; or when a document nests deeper than 1,000 levels.
 * @example
 * ```ts
 * import { createPatch, parseState } from "@pv/sdk";
 * const from = parseState('{"#spec":"pantavisor-service-system@1","web/run.json":{"name":"web","group":"app"}}');
 * const to = parseState('{"#spec":"pantavisor-service-system@1","web/run.json":{"name":"web","type":"lxc"}}');
 * const patch = JSON.stringify(createPatch(from, to));
 * if (patch !== '{"web/run.json":{"group":null,"type":"lxc"}}') throw new Error(patch);
 * ```
 */
export function createPatch(from: StateLike, to: StateLike): JsonObject {
  return patchOf(stateOf(from), stateOf(to), "", 0);
}
