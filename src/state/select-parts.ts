import { PvError } from "../core/index.ts";
import { keysByPart } from "./list-parts.ts";
import { selectKeys } from "./select-keys.ts";
import { stateOf, withState } from "./state-like.ts";
import type { State, StateLike } from "./types.ts";

const keep = (state: State, wanted: (key: string) => boolean): State =>
  selectKeys(state, (key) => key === "#spec" || wanted(key)) as State;

function keysOf(parts: ReadonlyMap<string, readonly string[]>, name: string): readonly string[] {
  const keys = parts.get(name);
  if (keys) return keys;
  const all = [...parts.values()].flat();
  // A document at the top by its own name, or one of the two folders that span all parts.
  if (all.includes(name)) return [name];
  const within = name === "_config" || name === "_sigs" ? all.filter((key) => key.startsWith(`${name}/`)) : [];
  if (within.length > 0) return within;
  const known = [...parts.keys()];
  throw new PvError(
    "PART_UNKNOWN",
    `there is no part ${JSON.stringify(name.slice(0, 100))}`,
    { name, known },
    { hint: known.length > 0 ? `the parts are ${known.slice(0, 20).join(", ")}` : "the state has no parts" },
  );
}

/**
 * Only some parts, with their `_config` and `_sigs`: `"web,db"` these two, `"-db"` all but one, `"web,-web"` none.
 * Names are exact (`web` is not `web2`), as {@link listParts} gives them; `_config` and `_sigs` stand for all there is
 * below them. `#spec` stays. Gives back what it was given, a state or a revision.
 *
 * @throws `PvError` `PART_UNKNOWN` when there is no part of a name.
 * @example
 * ```ts
 * import { composeState, container, device, selectParts } from "@pv/sdk";
 * const state = composeState(device({}), container({ name: "web", type: "lxc" }, {}), container({ name: "db", type: "lxc" }, {}));
 * if (Object.keys(selectParts(state, "web")).join() !== "#spec,web/run.json") throw new Error("not selected");
 * if ("db/run.json" in selectParts(state, "-db")) throw new Error("not left out");
 * ```
 */
export function selectParts<T extends StateLike>(from: T, selection: string): T {
  const state = stateOf(from);
  const parts = keysByPart(state);
  const items = selection
    .split(",")
    .map((item) => item.trim().replace(/\/$/, ""))
    .filter((item) => item !== "");
  const named = (minus: boolean): string[] =>
    items
      .filter((item) => item.startsWith("-") === minus)
      .flatMap((item) => [...keysOf(parts, minus ? item.slice(1) : item)]);
  const without = new Set(named(true));
  const only = items.some((item) => !item.startsWith("-")) ? new Set(named(false)) : undefined;
  return withState(
    from,
    keep(state, (key) => (only === undefined || only.has(key)) && !without.has(key)),
  );
}

/**
 * All but one part; its `_config` and `_sigs` go with it. Gives back what it was given, a state or a revision.
 *
 * @throws `PvError` `PART_UNKNOWN` when there is no part of that name.
 * @example
 * ```ts
 * import { composeState, container, device, listParts, removePart } from "@pv/sdk";
 * const state = composeState(device({}), container({ name: "web", type: "lxc" }, {}));
 * if (listParts(removePart(state, "web")).length !== 1) throw new Error("still there");
 * ```
 */
export function removePart<T extends StateLike>(from: T, name: string): T {
  const state = stateOf(from);
  const gone = new Set(keysOf(keysByPart(state), name));
  return withState(
    from,
    keep(state, (key) => !gone.has(key)),
  );
}
