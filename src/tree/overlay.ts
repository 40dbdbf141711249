import { PvError } from "../core/index.ts";
import { impliedFolder, isImplied } from "./implied.ts";
import { type Orphans, readAgain } from "./map-tree.ts";
import { onceLike } from "./once.ts";
import { baseName, parentPath } from "./tree-path.ts";
import type { LinkEntry, Tree, TreeEntry } from "./types.ts";

/** What the layers above, or the layer at hand, say of a path. */
const FOLDER = 1;
const OTHER = 2;
/** A folder that no layer has described yet. */
const IMPLIED = 4;
/** `.wh.<name>`: what lower layers have there is gone. */
const REMOVED = 8;
/** `.wh..wh..opq`: what lower layers have below is gone. */
const OPAQUE = 16;
/** A file that a higher layer hides: what lower layers have there, or below, is gone all the same. */
const REPLACED = 32;

type Marks = Map<string, number>;

const WHITEOUT = ".wh.";
const OPAQUE_NAME = ".wh..wh..opq";
/** Other names of this form are AUFS' own files; no layer means them as content. */
const META = ".wh..wh.";

function mark(marks: Marks, path: string, bits: number): void {
  marks.set(path, (marks.get(path) ?? 0) | bits);
}

function invalid(path: string, message: string): PvError {
  return new PvError("TREE_INVALID", `${path}: ${message}`, { path });
}

/** True where these marks hide what lower layers have below `folder`; `memo` makes a walk cheap. */
function hidesBelow(marks: Marks, folder: string, memo: Map<string, boolean>): boolean {
  const asked: string[] = [];
  let hides = false;
  // A loop, because a path may be as deep as the stack is not.
  for (let at: string | undefined = folder; at !== undefined; at = parentPath(at)) {
    const known = memo.get(at);
    hides = known ?? ((marks.get(at) ?? 0) & (OTHER | REMOVED | REPLACED | OPAQUE)) !== 0;
    if (known !== undefined) break;
    asked.push(at);
    if (hides) break;
  }
  for (const path of asked) memo.set(path, hides);
  return hides;
}

function hides(marks: Marks, entry: TreeEntry, memo: Map<string, boolean>): boolean {
  const above = parentPath(entry.path);
  if (above !== undefined && hidesBelow(marks, above, memo)) return true;
  const bits = marks.get(entry.path) ?? 0;
  if (bits & (OTHER | REMOVED | REPLACED)) return true;
  // Folders are one folder with the attributes of the highest layer that describes it.
  if (bits & FOLDER) return entry.kind !== "directory" || !(bits & IMPLIED) || isImplied(entry);
  return false;
}

/** Takes a whiteout's meaning; false for what is none. */
function takeWhiteout(entry: TreeEntry, current: Marks): boolean {
  const name = baseName(entry.path);
  if (!name.startsWith(WHITEOUT)) return false;
  const folder = parentPath(entry.path)!;
  if (name === OPAQUE_NAME) mark(current, folder, OPAQUE);
  else if (!name.startsWith(META)) {
    const gone = name.slice(WHITEOUT.length);
    if (gone === "" || gone === "." || gone === "..") throw invalid(entry.path, "it is a whiteout of no name");
    mark(current, folder === "" ? gone : `${folder}/${gone}`, REMOVED);
  }
  return true;
}

/** A hard link is its file under another name: the attributes are the file's. */
function adopt(target: TreeEntry, { path }: LinkEntry): TreeEntry {
  return { ...target, path };
}

/** One layer under the marks of those above; gives what is seen of it. */
async function* layerBelow(upper: Marks, tree: Tree, waiting: Orphans): AsyncGenerator<TreeEntry, Marks, void> {
  const current: Marks = new Map();
  /** Links of this layer that wait. */
  const own = new Set<LinkEntry>();
  const memo = new Map<string, boolean>();
  /** Links of higher layers name entries of this one; those of this one that find nothing name lower ones. */
  const fromAbove = new Map(waiting);
  /** What this layer holds and higher ones hide. */
  const hidden = new Set<string>();
  const hiddenFolders = new Set<string>();
  /** Where each hard link of this layer, and each hidden file that took a link's name, leads. */
  const leads = new Map<string, string>();
  const orphans: Orphans = new Map();

  /** Lists that this layer has begun. */
  const growing = new WeakSet<LinkEntry[]>();
  /** Where links of this layer wait; links to them wait with them. */
  const put = new Map<string, readonly [Orphans, string]>();

  /** Gives links to `target`, or puts them by until what they name comes. */
  function* link(target: string, links: readonly LinkEntry[]): Generator<TreeEntry, void, void> {
    let at = target;
    const seen = new Set<string>();
    for (let next = leads.get(at); next !== undefined && !put.has(at) && !seen.has(at); next = leads.get(at)) {
      seen.add(at);
      at = next;
    }
    // Chains of links stay short to follow, however long they are.
    for (const path of seen) if (path !== at) leads.set(path, at);
    let place = put.get(at);
    if (!place) {
      const bits = current.get(at) ?? 0;
      if (bits & FOLDER || hiddenFolders.has(at)) throw invalid(links[0]!.path, `it is a hard link to ${at}, a folder`);
      if (bits & OTHER && !seen.has(at)) {
        for (const one of links) yield one.target === at ? one : { ...one, target: at };
        return;
      }
      if (!hidden.has(at) && isGone(at, current, OTHER | REPLACED))
        throw invalid(links[0]!.path, `it is a hard link to ${at}, which is not there`);
      place = [hidden.has(at) ? orphans : waiting, at];
    }
    const [store, name] = place;
    const list = store.get(name);
    // Lists of the layers above are still being looked at.
    const mine = list && growing.has(list) ? list : [...(list ?? [])];
    growing.add(mine);
    for (const one of links) mine.push(one);
    store.set(name, mine);
    for (const one of links) {
      own.add(one);
      put.set(one.path, place);
    }
  }

  for await (const entry of tree) {
    if (takeWhiteout(entry, current)) continue;
    const { path } = entry;
    const folder = entry.kind === "directory";
    const wanted = fromAbove.get(path) ?? [];
    if (wanted.length > 0) {
      if (folder) throw invalid(wanted[0]!.path, `it is a hard link to ${path}, a folder`);
      fromAbove.delete(path);
      const others = waiting.get(path)!.slice(wanted.length);
      if (others.length > 0) waiting.set(path, others);
      else waiting.delete(path);
    }
    if (hides(upper, entry, memo)) {
      if (folder) {
        hiddenFolders.add(path);
        continue;
      }
      mark(current, path, REPLACED);
      if (entry.kind === "hardlink") {
        leads.set(path, entry.target);
        if (wanted.length > 0) yield* link(entry.target, wanted);
        continue;
      }
      hidden.add(path);
      const [first, ...rest] = wanted;
      if (!first) continue;
      // The content comes by right now: it takes the name of the first link.
      yield adopt(entry, first);
      mark(current, first.path, OTHER);
      leads.set(path, first.path);
      for (const one of rest) yield { ...one, target: first.path };
      continue;
    }
    yield* missingFolders(path, upper, current);
    const before = current.get(path) ?? 0;
    const described = folder && !isImplied(entry);
    const impliedBit = folder && !described && !(before & FOLDER) ? IMPLIED : described ? 0 : before & IMPLIED;
    current.set(path, (before & (REMOVED | OPAQUE)) | (folder ? FOLDER | impliedBit : OTHER));
    if (described && upper.has(path)) upper.set(path, upper.get(path)! & ~IMPLIED);
    if (entry.kind === "hardlink") {
      leads.set(path, entry.target);
      yield* link(entry.target, [entry, ...wanted]);
      continue;
    }
    leads.delete(path);
    put.delete(path);
    yield entry;
    if (wanted.length > 0) yield* link(path, wanted);
  }
  yield* readAgain(tree, orphans, adopt);
  checkWaiting(waiting, current, own);
  return current;
}

/** Folders above a path that neither this layer nor a higher one has given. */
function* missingFolders(path: string, upper: Marks, current: Marks): Generator<TreeEntry, void, void> {
  const missing: string[] = [];
  for (let above = parentPath(path); above; above = parentPath(above)) {
    const bits = (upper.get(above) ?? 0) | (current.get(above) ?? 0);
    if (bits & FOLDER) break;
    if ((current.get(above) ?? 0) & OTHER) throw invalid(path, `it lies below ${above}, which is no folder`);
    missing.push(above);
  }
  for (const folder of missing.reverse()) {
    mark(current, folder, FOLDER | IMPLIED);
    yield impliedFolder(folder);
  }
}

/**
 * A link waits in vain once a layer on the way down removes what it names. What a layer puts in the place of folders
 * comes too late for links that it gave before; its whiteouts do not, they go first.
 */
function checkWaiting(waiting: Orphans, current: Marks, own: ReadonlySet<LinkEntry>): void {
  for (const [target, links] of waiting) {
    for (const bits of [REMOVED | OPAQUE, REMOVED | OPAQUE | OTHER | REPLACED]) {
      const lost = isGone(target, current, bits) && links.find((one) => bits === (REMOVED | OPAQUE) || !own.has(one));
      if (lost) throw invalid(lost.path, `it is a hard link to ${target}, which a layer removes`);
    }
  }
}

/** True where marks of these kinds take a path away from lower layers. */
function isGone(path: string, marks: Marks, bits: number): boolean {
  if ((marks.get(path) ?? 0) & REMOVED) return true;
  for (let above = parentPath(path); above !== undefined; above = parentPath(above))
    if ((marks.get(above) ?? 0) & bits) return true;
  return false;
}

/**
 * Trees laid over each other as OCI says: of a path that several have, the last tree's counts; folders are merged;
 * `.wh.<name>` removes what lower trees have under that name, `.wh..wh..opq` what they have in its folder. A hard link
 * keeps its content when what it names is replaced or removed above.
 *
 * The highest tree is read first, and names are remembered, contents are not: each tree is read once and in order, so
 * layers may come straight from a registry. Hence what comes out is ordered by layer, highest first, parents before
 * children; a folder that a higher tree only implies comes again where a lower one describes it, and that one counts.
 * Only for a hard link whose file a higher tree hides is a tree read a second time; one that comes from a stream cannot
 * be, and ends in `TREE_CONSUMED`.
 *
 * @example
 * ```ts
 * import { files, overlay } from "@pv/sdk";
 * const base = files({ "etc/motd": "hello", "etc/issue": "old" });
 * const top = files({ "etc/.wh.motd": "", "etc/issue": "new" });
 * const seen: string[] = [];
 * for await (const entry of overlay(base, top)) seen.push(entry.path);
 * if (seen.join() !== "etc,etc/issue") throw new Error(seen.join());
 * ```
 */
export function overlay(...trees: readonly Tree[]): Tree {
  return onceLike(trees, {
    async *[Symbol.asyncIterator]() {
      const upper: Marks = new Map();
      const waiting: Orphans = new Map();
      for (const tree of trees.toReversed()) {
        const current = yield* layerBelow(upper, tree, waiting);
        for (const [path, bits] of current) mark(upper, path, bits);
      }
      for (const [target, links] of waiting)
        throw invalid(links[0]!.path, `it is a hard link to ${target}, which no layer holds`);
    },
  });
}
