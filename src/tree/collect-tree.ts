import { PvError } from "../core/index.ts";
import { comparePaths } from "./compare-paths.ts";
import { impliedFolder, isImplied } from "./implied.ts";
import { ancestors, cleanPath, isBelow } from "./tree-path.ts";
import type { LinkEntry, Tree, TreeEntry } from "./types.ts";

/** What a path names; hard links share one. */
export interface TreeNode {
  /** As it came, under the first name it had; never a hard link. */
  entry: Exclude<TreeEntry, { kind: "hardlink" }>;
  /** True for a folder that is only needed for what lies below it. */
  implied: boolean;
}

function invalid(path: string, message: string): PvError {
  return new PvError("TREE_INVALID", `${path}: ${message}`, { path });
}

/**
 * All paths of a tree, in memory, as they are after its last entry: of a path that comes twice the later one counts,
 * and a file in the place of a folder takes what was below it away. Hard links keep what they were made of. Folders that
 * are missing are made. Contents are not read.
 *
 * @throws `PvError` `PATH_UNSAFE` when a path is not relative and clean.
 * @throws `PvError` `TREE_INVALID` when an entry lies below something that is no folder, or a hard link names
 * nothing that came before it.
 */
export async function collectTree(
  tree: Tree,
  onEntry?: (entry: TreeEntry) => Promise<void> | void,
): Promise<Map<string, TreeNode>> {
  const nodes = new Map<string, TreeNode>();
  for await (const entry of tree) {
    const { path } = entry;
    if (cleanPath(path) !== path)
      throw new PvError("PATH_UNSAFE", "an entry's path is not relative and clean", { path });
    if (path === "" && entry.kind !== "directory") throw invalid("/", "the root must be a folder");
    for (const above of ancestors(path)) {
      const node = nodes.get(above);
      if (node && node.entry.kind !== "directory") throw invalid(path, `it lies below ${above}, which is no folder`);
      if (!node) nodes.set(above, { entry: impliedFolder(above), implied: true });
    }
    const before = nodes.get(path);
    if (before?.entry.kind === "directory" && entry.kind !== "directory")
      for (const other of nodes.keys()) if (isBelow(other, path)) nodes.delete(other);
    if (entry.kind === "hardlink") {
      const target = nodes.get(entry.target);
      if (!target) throw invalid(path, `it is a hard link to ${entry.target}, which does not come before it`);
      if (target.entry.kind === "directory") throw invalid(path, "it is a hard link to a folder");
      nodes.set(path, target);
    } else if (!(before?.entry.kind === "directory" && isImplied(entry))) {
      nodes.set(path, { entry, implied: isImplied(entry) });
    }
    await onEntry?.(entry);
  }
  return nodes;
}

/** The nodes as entries in the order of {@link comparePaths}: of several names of a file the first is the file. */
export function* sortedEntries(nodes: ReadonlyMap<string, TreeNode>): Generator<TreeEntry, void, void> {
  const first = new Map<TreeNode, string>();
  for (const path of [...nodes.keys()].sort(comparePaths)) {
    const node = nodes.get(path)!;
    const { entry } = node;
    const known = first.get(node);
    if (known === undefined) {
      if (entry.kind !== "directory") first.set(node, path);
      yield path === entry.path ? entry : { ...entry, path };
      continue;
    }
    const { mode, uid, gid, mtimeSeconds } = entry;
    const link: LinkEntry = { path, kind: "hardlink", target: known, mode, uid, gid, mtimeSeconds };
    yield link;
  }
}

/**
 * The same tree in the order of a walk, children by the bytes of their names, each path once, every folder there.
 * It keeps all entries in memory, and contents are opened in the new order: a tree from a stream cannot do that.
 *
 * @throws `PvError` `TREE_INVALID`, `PATH_UNSAFE` as the tree is read, when it is no sound tree.
 * @example
 * ```ts
 * import { files } from "@pv/sdk";
 * import { sortTree } from "@pv/sdk/tree";
 * const paths: string[] = [];
 * for await (const { path } of sortTree(files({ "b": "", "a.x": "", "a/y": "" }))) paths.push(path);
 * if (paths.join() !== "a,a/y,a.x,b") throw new Error(paths.join());
 * ```
 */
export function sortTree(tree: Tree): Tree {
  return {
    async *[Symbol.asyncIterator]() {
      yield* sortedEntries(await collectTree(tree));
    },
  };
}
