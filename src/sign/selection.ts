import { compileDeviceGlob, compileGlob } from "../state/index.ts";
import type { TextEntry } from "./state-text.ts";

/** The lists of a signature. */
export interface Patterns {
  include: readonly string[];
  exclude: readonly string[];
}

/** What the lists say of each member of a state. */
export interface Selection {
  selected: TextEntry[];
  /** Excluded, whether included before or not. */
  excluded: TextEntry[];
  /** A pattern that a member reached and that is none. */
  bad: string | undefined;
}

/** Whether any pattern of a list matches. */
type Matcher = (entry: TextEntry) => boolean;

function select(entries: readonly TextEntry[], include: Matcher, exclude: Matcher): Selection {
  const selection: Selection = { selected: [], excluded: [], bad: undefined };
  for (const entry of entries) {
    // Both lists are always asked: a bad pattern in either counts.
    const included = include(entry);
    if (exclude(entry)) selection.excluded.push(entry);
    else if (included) selection.selected.push(entry);
  }
  return selection;
}

/** As pvr selects (doublestar over keys); the first bad pattern that is reached ends it. */
export function selectAsPvr(entries: readonly TextEntry[], { include, exclude }: Patterns): Selection {
  let bad: string | undefined;
  const any = (patterns: readonly string[]): Matcher => {
    const globs = patterns.map((pattern) => ({ pattern, match: compileGlob(pattern) }));
    return ({ key }) =>
      globs.some(({ pattern, match }) => {
        const verdict = match(key);
        if (verdict === "bad-pattern") bad ??= pattern;
        return verdict === "match";
      });
  };
  return { ...select(entries, any(include), any(exclude)), bad };
}

/** As a device selects (fnmatch over the text of keys); patterns are texts too, as they stand in the header. */
export function selectAsDevice(entries: readonly TextEntry[], { include, exclude }: Patterns): Selection {
  const any = (patterns: readonly string[]): Matcher => {
    const globs = patterns.map((pattern) => compileDeviceGlob(pattern));
    return ({ rawKey }) => globs.some((match) => match(rawKey));
  };
  return select(entries, any(include), any(exclude));
}

/** True where both lists of members are the same. */
export function sameEntries(a: readonly TextEntry[], b: readonly TextEntry[]): boolean {
  return a.length === b.length && a.every((entry, i) => entry.rawKey === b[i]!.rawKey);
}
