import { isPvError, type Job } from "../core/index.ts";
import { equalBytes, progressReporter } from "../core/internal.ts";
import { collectTree, type TreeNode } from "./collect-tree.ts";
import { comparePaths } from "./compare-paths.ts";
import { contentDigest, sameContent } from "./content-digest.ts";
import { isOnce } from "./once.ts";
import type { FileEntry, Tree, TreeChange, TreeEntry } from "./types.ts";

type Aspect = TreeChange["aspects"][number];

/** One of the two trees, all of it but the contents. */
interface Side {
  tree: Tree;
  nodes: ReadonlyMap<string, TreeNode>;
  /** The first name of what has several. */
  names: ReadonlyMap<TreeNode, string>;
  /** Digests of contents that cannot be opened any more. */
  digests: Map<TreeNode, string>;
  /** False where contents are only there while the tree is read. */
  opens: boolean;
}

async function readSide(tree: Tree, options: Job): Promise<Side> {
  // What the files of such a tree hold must be looked at on the way.
  const once = isOnce(tree);
  const digests = new Map<TreeNode, string>();
  const seen = new Map<TreeEntry, string>();
  const nodes = await collectTree(tree, async (entry) => {
    options.signal?.throwIfAborted();
    if (once && entry.kind === "file") seen.set(entry, await contentDigest(entry, options, () => {}));
  });
  const names = new Map<TreeNode, string>();
  for (const [path, node] of nodes) {
    const known = names.get(node);
    if (known === undefined || comparePaths(path, known) < 0) names.set(node, path);
    const digest = seen.get(node.entry);
    if (digest !== undefined) digests.set(node, digest);
  }
  return { tree, nodes, names, digests, opens: !once };
}

/** Whether contents can still be opened, tried on one of them. */
async function canOpen(entry: FileEntry): Promise<boolean> {
  const reader = entry.open().getReader();
  try {
    await reader.read();
    return true;
  } catch (error) {
    if (isPvError(error, "TREE_CONSUMED")) return false;
    throw error;
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Reads a tree once more for the contents of the files that are asked for. */
async function digestAgain(side: Side, wanted: ReadonlySet<TreeNode>, options: Job): Promise<void> {
  const missing = [...wanted].filter((node) => !side.digests.has(node));
  if (missing.length === 0) return;
  const byPath = new Map(missing.map((node) => [node.entry.path, node]));
  for await (const entry of side.tree) {
    const node = byPath.get(entry.path);
    // Of a path that comes twice, the last one counts here as well.
    if (node && entry.kind === "file") side.digests.set(node, await contentDigest(entry, options, () => {}));
  }
}

interface Pair {
  path: string;
  before: TreeNode;
  after: TreeNode;
}

/** The pairs of files whose contents differ: by key where both have one and they agree, else by their bytes. */
async function differing(pairs: readonly Pair[], before: Side, after: Side, options: Job): Promise<Set<Pair>> {
  const different = new Set<Pair>();
  const open: Pair[] = [];
  for (const pair of pairs) {
    const [a, b] = [pair.before.entry, pair.after.entry] as [FileEntry, FileEntry];
    if (a.sizeBytes !== b.sizeBytes) different.add(pair);
    else if (a.sizeBytes > 0) {
      const same = a.contentKey && b.contentKey && (await a.contentKey()) === (await b.contentKey());
      if (!same) open.push(pair);
    }
  }
  const [first] = open;
  if (!first) return different;
  const total = open.reduce((sum, { before: { entry } }) => sum + (entry as FileEntry).sizeBytes, 0);
  const progress = progressReporter(options, { task: "read", subject: "trees", unit: "bytes", total });
  for (const [side, node] of [
    [before, first.before],
    [after, first.after],
  ] as const) {
    if (side.opens) side.opens = await canOpen(node.entry as FileEntry);
  }
  if (!before.opens) await digestAgain(before, new Set(open.map((pair) => pair.before)), options);
  if (!after.opens) await digestAgain(after, new Set(open.map((pair) => pair.after)), options);
  const counted = (count: number): void => progress.add(count);
  await withOpen([before, after], async () => {
    for (const pair of open) {
      const [a, b] = [pair.before.entry, pair.after.entry] as [FileEntry, FileEntry];
      const one = before.digests.get(pair.before);
      const two = after.digests.get(pair.after);
      const same =
        one === undefined && two === undefined
          ? await sameContent(a, b, options, counted)
          : (one ?? (await contentDigest(a, options, counted))) === (two ?? (await contentDigest(b, options, counted)));
      if (!same) different.add(pair);
    }
  });
  progress.finish();
  return different;
}

/** A reader that has begun keeps open what it reads, so that not each of many contents opens and closes it. */
async function withOpen(sides: readonly Side[], work: () => Promise<void>): Promise<void> {
  const readers = sides.filter(({ opens }) => opens).map(({ tree }) => tree[Symbol.asyncIterator]());
  try {
    for (const reader of readers) await reader.next();
    await work();
  } finally {
    for (const reader of readers) await reader.return?.();
  }
}

function sameXattrs(a: TreeEntry, b: TreeEntry): boolean {
  const one = Object.entries(a.xattrs ?? {});
  const two = new Map(Object.entries(b.xattrs ?? {}));
  return one.length === two.size && one.every(([name, value]) => two.has(name) && equalBytes(value, two.get(name)!));
}

/** All but the content. */
function aspectsOf({ path, before, after }: Pair, one: Side, two: Side): Aspect[] {
  const a = before.entry;
  const b = after.entry;
  const aspects: Aspect[] = [];
  const device = "major" in a && "major" in b && (a.major !== b.major || a.minor !== b.minor);
  if (a.kind !== b.kind || device) aspects.push("kind");
  // What nobody described has no attributes to compare.
  const described = !before.implied && !after.implied;
  const links = a.kind === "symlink" && b.kind === "symlink";
  if (described && !links && a.mode !== b.mode) aspects.push("mode");
  if (described && (a.uid !== b.uid || a.gid !== b.gid)) aspects.push("owner");
  if (described && Math.floor(a.mtimeSeconds) !== Math.floor(b.mtimeSeconds)) aspects.push("time");
  const target = a.kind === "symlink" && b.kind === "symlink" && a.target !== b.target;
  // Which of its names is called the file depends on who wrote the tree; whether names share a file does not.
  const linked = a.kind === b.kind && one.names.get(before) !== two.names.get(after) && path !== "";
  if (target || (linked && a.kind !== "directory")) aspects.push("target");
  if (described && !sameXattrs(a, b)) aspects.push("xattrs");
  return aspects;
}

/** A file counts under its first name only. */
function sizeAt(side: Side, path: string): number {
  const node = side.nodes.get(path);
  return node?.entry.kind === "file" && side.names.get(node) === path ? node.entry.sizeBytes : 0;
}

function entryAt(path: string, { entry }: TreeNode): TreeEntry {
  return entry.path === path ? entry : { ...entry, path };
}

/**
 * What differs between two trees, path by path, in the order of a walk. Contents are compared by `contentKey` where
 * both files have one and they agree, else byte by byte; the other aspects are kind (and device number), mode, owner,
 * time in whole seconds, target (of a symbolic link, or which names are hard links of each other) and xattrs. Folders
 * that a tree only implies have no attributes to differ. Added and removed paths have no aspects.
 *
 * `deltaBytes` is the size of the content after minus before; hard links count once, under their first name.
 *
 * Both trees' entries are kept in memory. Trees whose contents cannot be opened later (a compressed tar) are read a
 * second time for the contents that must be compared; of trees that can be read once all contents are hashed on the way.
 *
 * @throws `PvError` `TREE_INVALID` when a tree is not sound.
 * @throws `PvError` `TREE_CONSUMED` when a tree was read before and cannot be read again.
 * @example
 * ```ts
 * import { diffTrees, files } from "@pv/sdk";
 * const before = files({ "etc/motd": "hello\n", "bin/tool": { mode: 0o755, content: "1" } });
 * const after = files({ "etc/motd": "hello, world\n", "bin/tool": "1" });
 * const changes = await diffTrees(before, after);
 * const said = changes.map(({ path, change, aspects, deltaBytes }) => `${change} ${path} ${aspects} ${deltaBytes}`);
 * if (said.join() !== "changed bin/tool mode 0,changed etc/motd content 7") throw new Error(said.join());
 * ```
 */
export async function diffTrees(before: Tree, after: Tree, options: Job = {}): Promise<readonly TreeChange[]> {
  const one = await readSide(before, options);
  const two = await readSide(after, options);
  const pairs: Pair[] = [];
  for (const [path, node] of one.nodes) {
    const other = two.nodes.get(path);
    if (other) pairs.push({ path, before: node, after: other });
  }
  const different = await differing(
    pairs.filter((pair) => pair.before.entry.kind === "file" && pair.after.entry.kind === "file"),
    one,
    two,
    options,
  );
  const changes: TreeChange[] = [];
  for (const pair of pairs) {
    const { path } = pair;
    const aspects = aspectsOf(pair, one, two);
    if (different.has(pair)) aspects.splice(aspects[0] === "kind" ? 1 : 0, 0, "content");
    if (aspects.length === 0) continue;
    changes.push({
      path,
      change: "changed",
      aspects,
      deltaBytes: sizeAt(two, path) - sizeAt(one, path),
      before: entryAt(path, pair.before),
      after: entryAt(path, pair.after),
    });
  }
  for (const [path, node] of one.nodes) {
    if (two.nodes.has(path) || path === "") continue;
    const deltaBytes = -sizeAt(one, path);
    changes.push({ path, change: "removed", aspects: [], deltaBytes, before: entryAt(path, node) });
  }
  for (const [path, node] of two.nodes) {
    if (one.nodes.has(path) || path === "") continue;
    changes.push({ path, change: "added", aspects: [], deltaBytes: sizeAt(two, path), after: entryAt(path, node) });
  }
  return changes.sort((a, b) => comparePaths(a.path, b.path));
}
