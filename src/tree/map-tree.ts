import { PvError } from "../core/index.ts";
import { keepImplied } from "./implied.ts";
import { onceLike } from "./once.ts";
import { parentPath } from "./tree-path.ts";
import type { LinkEntry, Tree, TreeEntry } from "./types.ts";

/** Hard links whose target was left out, by that target. */
export type Orphans = Map<string, LinkEntry[]>;

/**
 * Gives the content that orphans name: it has gone by, so the tree is read again for it. `adopt` makes the entry that
 * takes the place of a link; the links after it then name that one.
 */
export async function* readAgain(
  tree: Tree,
  orphans: Orphans,
  adopt: (target: TreeEntry, link: LinkEntry) => TreeEntry | undefined,
  change: (link: LinkEntry) => TreeEntry | undefined = (link) => link,
): AsyncGenerator<TreeEntry, void, void> {
  if (orphans.size === 0) return;
  for await (const entry of tree) {
    const links = entry.kind === "hardlink" ? undefined : orphans.get(entry.path);
    if (!links) continue;
    orphans.delete(entry.path);
    let first: string | undefined;
    for (const link of links) {
      if (first === undefined) {
        const adopted = adopt(entry, link);
        first = adopted?.path;
        if (adopted) yield adopted;
        continue;
      }
      const changed = change(link);
      if (changed) yield changed.kind === "hardlink" ? { ...changed, target: first } : changed;
    }
    if (orphans.size === 0) return;
  }
  for (const [target, [link]] of orphans) {
    throw new PvError(
      "TREE_CONSUMED",
      `${link!.path} is a hard link to ${target}, which was left out, and the tree cannot be read again for its content`,
      { path: link!.path },
      { hint: "read the tar from a file, a Blob or bytes, or keep what the link names" },
    );
  }
}

/**
 * Changes or drops entries on the way. `change` gets each entry and gives it back, changed or not, or undefined to drop
 * it; dropping a folder drops what is below it. Hard links follow a file that is renamed. A hard link to a file that is
 * dropped becomes that file: for its content the tree is read a second time, at the end.
 *
 * The tree that comes out is as replayable as the one that went in; it throws `TREE_CONSUMED` where a second reading is
 * needed and the tree comes from a stream.
 *
 * @example
 * ```ts
 * import { files, mapTree } from "@pv/sdk";
 * const tree = mapTree(files({ "usr/share/doc/x": "long", "bin/sh": { mode: 0o755, content: "" } }), (entry) =>
 *   entry.path.startsWith("usr/share/doc") ? undefined : { ...entry, uid: 1000 },
 * );
 * const paths: string[] = [];
 * for await (const entry of tree) paths.push(`${entry.path} ${entry.uid}`);
 * if (paths.join() !== "usr 1000,usr/share 1000,bin 1000,bin/sh 1000") throw new Error(paths.join());
 * ```
 */
export function mapTree(tree: Tree, change: (entry: TreeEntry) => TreeEntry | undefined): Tree {
  return onceLike([tree], {
    async *[Symbol.asyncIterator]() {
      /** Where what was dropped or renamed is now; null: nowhere. */
      const moved = new Map<string, string | null>();
      const droppedFolders = new Set<string>();
      /** What dropped hard links named. */
      const droppedLinks = new Map<string, string>();
      const orphans: Orphans = new Map();
      const isBelowDropped = (path: string): boolean => {
        if (droppedFolders.size === 0) return false;
        for (let above = parentPath(path); above !== undefined; above = parentPath(above))
          if (droppedFolders.has(above)) return true;
        return false;
      };
      for await (const entry of tree) {
        const { path } = entry;
        const changed = isBelowDropped(path) ? undefined : change(entry);
        if (!changed) {
          if (entry.kind === "directory") droppedFolders.add(path);
          else moved.set(path, null);
          if (entry.kind === "hardlink") droppedLinks.set(path, entry.target);
          continue;
        }
        droppedFolders.delete(path);
        if (entry.kind !== "directory") {
          if (changed.path !== path) moved.set(path, changed.path);
          else if (moved.size > 0) moved.delete(path);
        }
        // A target that `change` chose itself is left alone.
        if (changed.kind !== "hardlink" || entry.kind !== "hardlink" || changed.target !== entry.target) {
          yield keepImplied(entry, changed);
          continue;
        }
        let { target } = entry;
        for (let next = droppedLinks.get(target); moved.get(target) === null && next !== undefined; ) {
          target = next;
          next = droppedLinks.get(target);
        }
        const now = moved.get(target);
        if (now === null) orphans.set(target, [...(orphans.get(target) ?? []), entry]);
        else yield { ...changed, target: now ?? target };
      }
      yield* readAgain(tree, orphans, (target, { path }) => change({ ...target, path }), change);
    },
  });
}
