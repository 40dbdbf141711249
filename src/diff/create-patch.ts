import { type JsonObject, type JsonValue, PvError } from "../core/index.ts";
import { type StateLike, stateOf } from "../state/index.ts";
import { checkDepth, isObject, rebuild, sameMember } from "./member.ts";

/** A merge patch says "remove" with null, so a member that *is* null has no word; arrays are taken over whole. */
function refuseNulls(value: JsonValue, path: string, depth: number): void {
  checkDepth(depth, path);
  if (value === null) {
    throw new PvError(
      "PATCH_NULL",
      `${path} is null, which a patch takes for "remove"`,
      { path },
      { hint: "leave it out" },
    );
  }
  for (const [key, member] of isObject(value) ? Object.entries(value) : []) {
    if (member !== undefined) refuseNulls(member, `${path}/${key}`, depth + 1);
  }
}

function patchOf(from: JsonObject, to: JsonObject, path: string, depth: number): JsonObject | undefined {
  const patch = rebuild(path, depth, [from, to], (key, inner, [before, after]) => {
    if (isObject(before) && isObject(after))
      return [before === after ? undefined : patchOf(before, after, inner, depth + 1), to];
    if (sameMember(from, to, key, depth)) return [undefined, to];
    if (after !== undefined) refuseNulls(after, inner, depth);
    return [after ?? null, to];
  });
  return Object.keys(patch).length > 0 ? patch : undefined;
}

/**
 * What turns one state into another, as an RFC 7386 merge patch: only what differs, `null` for what goes, arrays
 * whole. Numbers are compared and taken over by their exact decimals. `{}` where nothing differs.
 *
 * @throws {@link PvError} `PATCH_NULL` with its path when the new state has a member that is `null` where the old one
 * has another value or none: a merge patch cannot say that. `STATE_INVALID` when a document nests deeper than 1,000
 * levels.
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
  return patchOf(stateOf(from), stateOf(to), "", 0) ?? {};
}
