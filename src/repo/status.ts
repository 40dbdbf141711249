import { canonicalJson, type State } from "../state/index.ts";
import { exactNumber } from "../state/internal.ts";
import type { StatusLine } from "./types.ts";

/** Bytewise, as pvr sorts. */
function byPath(a: StatusLine, b: StatusLine): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

/** What one state has that another has not: A lines, then D, then C, each by path. */
export function compareStates(before: State, after: State): readonly StatusLine[] {
  const lines: Record<"A" | "D" | "C", StatusLine[]> = { A: [], D: [], C: [] };
  for (const path of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (path === "#spec") continue;
    const old = before[path];
    const value = after[path];
    if (old === undefined) lines.A.push({ letter: "A", path });
    else if (value === undefined) lines.D.push({ letter: "D", path });
    else if (typeof value === "string" ? old !== value : memberText(before, path) !== memberText(after, path))
      lines.C.push({ letter: "C", path });
  }
  return [...lines.A.sort(byPath), ...lines.D.sort(byPath), ...lines.C.sort(byPath)];
}

/** The exact text of a member: a bare number keeps its digits beside its parent. */
function memberText(state: State, path: string): string {
  const value = state[path]!;
  return (typeof value === "number" ? exactNumber(state, path) : undefined) ?? canonicalJson(value);
}
