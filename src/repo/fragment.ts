import type { JsonValue } from "../core/index.ts";
import { applyPatch } from "../diff/index.ts";
import { carryNumber, type State } from "../state/index.ts";

/** `part,other/file.json,-third`: what to take of a source, and what to drop of the target. */
export interface Fragment {
  /** Files or folders to take; none means all. */
  take: readonly string[];
  /** Files or folders to drop from the target. */
  drop: readonly string[];
}

/** Reads the text after `#` of a source; empty for all. */
export function parseFragment(text: string): Fragment {
  const items = text.split(",").filter((item) => item !== "");
  const clean = (item: string): string => item.replace(/\/+$/, "");
  return {
    take: items.filter((item) => !item.startsWith("-")).map(clean),
    drop: items.filter((item) => item.startsWith("-")).map((item) => clean(item.slice(1))),
  };
}

/** The key itself, or one below it: `web` never means `web2`. */
function isUnder(key: string, item: string): boolean {
  return key === item || key.startsWith(`${item}/`);
}

type Members = Record<string, JsonValue>;

function copy(from: State, keep: (key: string) => boolean, into: Members = Object.create(null) as Members): Members {
  for (const key of Object.keys(from)) {
    if (!keep(key)) continue;
    into[key] = from[key]!;
    carryNumber(into, from, key);
  }
  return into;
}

/** What a fragment takes of a source. */
export function selectFragment(source: State, { take }: Fragment): State {
  const selected = copy(source, (key) => take.length === 0 || take.some((item) => isUnder(key, item)));
  return Object.freeze(selected) as State;
}

/** Items that name nothing in these states. */
export function unmatchedItems({ take, drop }: Fragment, ...states: readonly State[]): readonly string[] {
  return [...take, ...drop].filter(
    (item) => !states.some((state) => Object.keys(state).some((key) => isUnder(key, item))),
  );
}

/**
 * pvr's `get`: what the fragment names is replaced in the target, what it drops goes. Without names, the source takes
 * the target's place.
 */
export function getFragment(target: State, source: State, { take, drop }: Fragment): State {
  const replaced = (key: string): boolean => take.length === 0 || take.some((item) => isUnder(key, item));
  const dropped = (key: string): boolean => drop.some((item) => isUnder(key, item));
  const members = copy(target, (key) => !replaced(key) && !dropped(key));
  copy(source, (key) => replaced(key) && !dropped(key), members);
  if (typeof members["#spec"] !== "string") members["#spec"] = target["#spec"];
  return Object.freeze(members) as State;
}

/**
 * pvr's `merge`: what the fragment drops goes first, then the source's selection is merged in (RFC 7386): inline
 * documents member by member, the rest whole. Nothing else is removed.
 */
export function mergeFragment(target: State, source: State, fragment: Fragment): State {
  const kept = copy(target, (key) => key === "#spec" || !fragment.drop.some((item) => isUnder(key, item)));
  return applyPatch(Object.freeze(kept) as State, selectFragment(source, fragment));
}
