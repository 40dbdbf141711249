import type { PlainEntry, TreeEntry } from "./types.ts";

/**
 * Folders that nobody described: they are needed for what lies below them. A described one counts more, whatever the
 * order; a mark beside the entry, not on it, keeps entries plain.
 */
const implied = /* @__PURE__ */ new WeakSet<TreeEntry>();

/** A folder as it is when only its contents are known: mode 0755, owner 0:0, time 0. */
export function impliedFolder(path: string): PlainEntry {
  const entry: PlainEntry = { path, kind: "directory", mode: 0o755, uid: 0, gid: 0, mtimeSeconds: 0 };
  implied.add(entry);
  return entry;
}

/** True for what {@link impliedFolder} made, also after {@link keepImplied}. */
export function isImplied(entry: TreeEntry): boolean {
  return implied.has(entry);
}

/** Carries the mark over to a changed copy. */
export function keepImplied<T extends TreeEntry>(from: TreeEntry, to: T): T {
  if (from !== to && to.kind === "directory" && implied.has(from)) implied.add(to);
  return to;
}
