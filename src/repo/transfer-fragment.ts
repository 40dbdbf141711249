import { type JsonValue, PvError } from "../core/index.ts";
import { applyPatch } from "../diff/index.ts";
import { carryNumber, type State } from "../state/index.ts";
import type { Fragment } from "./fragment.ts";

/** Which items of the source go where in the target. */
export interface Transfer {
  from: Fragment;
  to: Fragment;
  /** Merge inline documents into the target's, and remove nothing; default: replace. */
  merge?: boolean | undefined;
}

function below(key: string, item: string): boolean {
  return key === item || key.startsWith(`${item}/`);
}

/**
 * pvr's `fastcopy`: items of a source, under other names where the target's fragment has some, in the place of the
 * target's items of those names; the whole state where nothing is named.
 *
 * @throws `PvError` `PART_UNKNOWN` when the target names items and the source does not, or another number of them.
 */
export function transferFragment(target: State, source: State, { from, to, merge = false }: Transfer): State {
  if (to.take.length > 0 && to.take.length !== from.take.length) {
    throw new PvError(
      "PART_UNKNOWN",
      "the source must name as many items as the target does",
      { name: to.take.join(), known: from.take },
      { hint: "write source#part target#new-name" },
    );
  }
  const pairs = from.take.map((item, at) => [item, to.take[at] ?? item] as const);
  const moved: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>;
  for (const key of Object.keys(source)) {
    const pair = pairs.find(([item]) => below(key, item));
    if (!pair && pairs.length > 0) continue;
    const name = pair ? pair[1] + key.slice(pair[0].length) : key;
    moved[name] = source[key]!;
    if (name === key) carryNumber(moved, source, key);
  }
  if (merge) return applyPatch(target, moved);
  const kept: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>;
  for (const key of Object.keys(target)) {
    const replaced = pairs.length === 0 ? key !== "#spec" : pairs.some(([, name]) => below(key, name));
    if (replaced) continue;
    kept[key] = target[key]!;
    carryNumber(kept, target, key);
  }
  for (const key of Object.keys(moved)) {
    kept[key] = moved[key]!;
    carryNumber(kept, moved, key);
  }
  return Object.freeze(kept) as State;
}
