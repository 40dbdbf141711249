import type { JsonObject, JsonValue } from "../core/index.ts";
import type { State, StateLike } from "../state/index.ts";
import { stateOf } from "../state/internal.ts";
import { copyValue, isObject, isSignature, type Member, present, rebuild, requireSpec, sameMember } from "./member.ts";
import type { Conflict } from "./types.ts";

/** May be merged member by member; a signature may not, since half of each would be none. */
const isOpen = (value: JsonValue | undefined): value is JsonObject => isObject(value) && !isSignature(value);

/**
 * Joins two revisions of one state: what one side changed is taken, what both changed alike is taken once, and
 * documents are joined member by member (arrays, ids of objects and signatures are one value). What both changed, each
 * in its own way, is a conflict, also where one side removed it; the merged state then has what `ours` has.
 *
 * `resolve` is asked at each conflict: a side's value takes that side, any other value replaces both, `null` (where no
 * side has null) removes the member, `undefined` leaves the conflict open. Only open ones are returned. Two numbers
 * that differ beyond the digits of a double cannot be told apart there and stay a conflict.
 *
 * Nothing of either side is lost without a conflict that names it. A part that both sides touched needs a new
 * signature: see `brokenSignatures` of {@link planUpdate}.
 *
 * @throws `PvError` `CHANGE_IMPOSSIBLE` when `resolve` leaves no `#spec`, or a document nests deeper than 1,000
 * levels.
 * @example
 * ```ts
 * import { mergeStates, parseState } from "@pv/sdk";
 * const state = (run: string) => parseState(`{"#spec":"pantavisor-service-system@1","web/run.json":${run}}`);
 * const merged = mergeStates(state('{"group":"app"}'), state('{"group":"root"}'), state('{"group":"app","type":"lxc"}'));
 * if (JSON.stringify(merged.state["web/run.json"]) !== '{"group":"root","type":"lxc"}') throw new Error("lost");
 * if (merged.conflicts.length !== 0) throw new Error("no conflict expected");
 * ```
 */
export function mergeStates(
  base: StateLike,
  ours: StateLike,
  theirs: StateLike,
  options: { resolve?: ((conflict: Conflict) => JsonValue | undefined) | undefined } = {},
): { state: State; conflicts: readonly Conflict[] } {
  const conflicts: Conflict[] = [];

  function merge(path: string, depth: number, sides: readonly [JsonObject, JsonObject, JsonObject]): JsonObject {
    const [base, ours, theirs] = sides;
    return rebuild(path, depth, sides, (key, inner, [was, our, their]): Member => {
      if (isOpen(our) && isOpen(their) && (was === undefined || isOpen(was))) {
        return [merge(inner, depth + 1, [was ?? {}, our, their]), base];
      }
      if (sameMember(ours, theirs, key, depth) || sameMember(base, theirs, key, depth)) return [our, ours];
      if (sameMember(base, ours, key, depth)) return [their, theirs];
      const conflict = present({ path: inner, base: was, ours: our, theirs: their }) as Conflict;
      const choice = options.resolve?.(conflict);
      // Numbers that differ beyond a double's digits look alike here: to choose one might drop the other.
      if (choice === undefined || our === their) {
        conflicts.push(conflict);
        return [our, ours];
      }
      const side = [was, our, their].indexOf(choice);
      return side < 0 ? [choice === null ? undefined : copyValue(choice, 0), base] : [choice, sides[side]!];
    });
  }

  return { state: requireSpec(merge("", 0, [stateOf(base), stateOf(ours), stateOf(theirs)])), conflicts };
}
