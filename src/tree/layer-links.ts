import { PvError } from "../core/index.ts";
import { baseName, parentPath } from "./tree-path.ts";
import type { TreeEntry } from "./types.ts";

/** As Linux has it. */
const MAX_LINKS = 40;

/**
 * Puts entries below symbolic links where the links lead, as an unpacker with the layer as its root would: absolute
 * targets start there, and nothing leads out. Links of other layers are not known here.
 */
export function layerLinks(): (entry: TreeEntry) => TreeEntry {
  const links = new Map<string, string>();

  function folderOf(path: string): string {
    const rest = path.split("/").slice(0, -1);
    const at: string[] = [];
    for (let followed = 0; rest.length > 0; ) {
      const name = rest.shift()!;
      if (name === "" || name === ".") continue;
      if (name === "..") {
        at.pop();
        continue;
      }
      at.push(name);
      const target = links.get(at.join("/"));
      if (target === undefined) continue;
      if (++followed > MAX_LINKS)
        throw new PvError("TREE_INVALID", `${path} lies below links that lead in a circle`, { path });
      at.pop();
      if (target.startsWith("/")) at.length = 0;
      rest.unshift(...target.split("/"));
    }
    return at.join("/");
  }

  /** Most paths have no link above them: that is found out first, without taking them apart. */
  function moved(path: string): string {
    for (let above = parentPath(path); above; above = parentPath(above)) {
      if (!links.has(above)) continue;
      const folder = folderOf(path);
      return folder === "" ? baseName(path) : `${folder}/${baseName(path)}`;
    }
    return path;
  }

  return (found) => {
    const entry =
      links.size === 0
        ? found
        : found.kind === "hardlink"
          ? { ...found, path: moved(found.path), target: moved(found.target) }
          : { ...found, path: moved(found.path) };
    if (entry.kind === "symlink") links.set(entry.path, entry.target);
    else links.delete(entry.path);
    return entry;
  };
}
