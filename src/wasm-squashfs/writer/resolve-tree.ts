import { encodePath } from "../../core/index.ts";
import { compareBytes } from "../../core/internal.ts";
import { INODE } from "../format.ts";
import { HARD_LINK, type NodeTable, REPLACED } from "./node-table.ts";
import { treeInvalid } from "./tree-invalid.ts";

/** The tree that an image shows: children of each directory in order, links followed, numbers given. */
export interface ResolvedTree {
  /** Names in a directory, by unsigned byte order of their names: nodes from `first[d]` to `first[d] + count[d]`. */
  order: Uint32Array;
  /** By ordinal of the directory. */
  first: Uint32Array;
  /** By ordinal of the directory. */
  count: Uint32Array;
  /** The node whose inode a node stands for: itself, or a hard link's target. */
  inodeOf: (node: number) => number;
  /** Names of an inode, or a directory's subdirectories and 2; by node. */
  linkCount: Uint32Array;
  /** Inode numbers from 1, the root's the last; by node. */
  number: Uint32Array;
  /** How many inodes there are. */
  inodes: number;
}

/** The path of a node, for a message. */
export function pathOf(nodes: NodeTable, node: number): string {
  const decoder = new TextDecoder();
  const names: string[] = [];
  for (let at = node; at !== 0; at = nodes.parents.get(at)) names.push(decoder.decode(nodes.name(at)));
  return names.reverse().join("/");
}

/** All nodes by directory, name and time of arrival. */
function sortNodes(nodes: NodeTable): { order: Uint32Array; first: Uint32Array; count: Uint32Array } {
  const count = nodes.childCounts.values.slice(0, nodes.directories.length);
  const first = new Uint32Array(count.length);
  for (let at = 1; at < first.length; at++) first[at] = first[at - 1]! + count[at - 1]!;
  const next = first.slice();
  const order = new Uint32Array(nodes.length - 1);
  for (let node = 1; node < nodes.length; node++) {
    const directory = nodes.payloads.get(nodes.parents.get(node));
    order[next[directory]!++] = node;
  }
  const byName = (a: number, b: number): number => compareNames(nodes, a, b) || a - b;
  for (let at = 0; at < first.length; at++) order.subarray(first[at]!, first[at]! + count[at]!).sort(byName);
  return { order, first, count };
}

function compareNames(nodes: NodeTable, a: number, b: number): number {
  const bytes = nodes.names.bytes;
  const atA = nodes.nameAt.get(a);
  const atB = nodes.nameAt.get(b);
  const lengthA = nodes.nameLength(a);
  const lengthB = nodes.nameLength(b);
  const length = Math.min(lengthA, lengthB);
  for (let at = 0; at < length; at++) {
    const difference = bytes[atA + at]! - bytes[atB + at]!;
    if (difference !== 0) return difference;
  }
  return lengthA - lengthB;
}

/** Hard links stand for what their target's path named when they came. */
function followLinks(
  nodes: NodeTable,
  order: Uint32Array,
  first: Uint32Array,
  count: Uint32Array,
): Map<number, number> {
  const targets = new Map<number, number>();
  for (const { node, target } of nodes.links) {
    const slash = target.lastIndexOf("/");
    const directory = nodes.directory(slash < 0 ? "" : target.slice(0, slash));
    const name = encodePath(slash < 0 ? target : target.slice(slash + 1));
    let found: number | undefined;
    if (directory !== undefined) {
      const ordinal = nodes.payloads.get(directory);
      let low = first[ordinal]!;
      let high = low + count[ordinal]!;
      const end = high;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (compareBytes(nodes.name(order[middle]!), name) < 0) low = middle + 1;
        else high = middle;
      }
      for (; low < end && order[low]! < node && compareBytes(nodes.name(order[low]!), name) === 0; low++) {
        found = order[low]!;
      }
    }
    const kind = found === undefined ? REPLACED : nodes.kind(found);
    if (found === undefined || kind === INODE.directory || kind === REPLACED) {
      throw treeInvalid(
        pathOf(nodes, node),
        `is a hard link to ${JSON.stringify(target)}, ${found === undefined ? "which no earlier entry names" : "a directory"}`,
      );
    }
    targets.set(node, kind === HARD_LINK ? targets.get(found)! : found);
  }
  return targets;
}

/** Puts the tree in order: the last of entries with one path stays, links are followed, inodes numbered. */
export function resolveTree(nodes: NodeTable): ResolvedTree {
  const { order, first, count } = sortNodes(nodes);
  const targets = followLinks(nodes, order, first, count);
  const inodeOf = (node: number): number => targets.get(node) ?? node;
  for (let directory = 0; directory < first.length; directory++) {
    count[directory] = keepLast(nodes, order, first[directory]!, count[directory]!);
  }

  const linkCount = new Uint32Array(nodes.length);
  const number = new Uint32Array(nodes.length);
  let inodes = 0;
  // Siblings get neighbouring numbers: a listing holds differences to its first.
  const waiting: number[] = [0];
  while (waiting.length > 0) {
    const directory = waiting.pop()!;
    const ordinal = nodes.payloads.get(directory);
    const start = first[ordinal]!;
    linkCount[directory] = 2;
    for (let at = start + count[ordinal]! - 1; at >= start; at--) {
      const node = order[at]!;
      if (nodes.kind(node) === INODE.directory) {
        linkCount[directory]!++;
        waiting.push(node);
      }
    }
    for (let at = start; at < start + count[ordinal]!; at++) {
      const node = order[at]!;
      const inode = inodeOf(node);
      if (number[inode] === 0) number[inode] = ++inodes;
      if (nodes.kind(node) !== INODE.directory) linkCount[inode]!++;
    }
  }
  number[0] = ++inodes;
  return { order, first, count, inodeOf, linkCount, number, inodes };
}

/** Of nodes with one name the last stays; they are moved together, and their count returned. */
function keepLast(nodes: NodeTable, order: Uint32Array, start: number, count: number): number {
  let kept = start;
  for (let at = start; at < start + count; at++) {
    const node = order[at]!;
    const before = kept > start ? order[kept - 1]! : undefined;
    if (before === undefined || compareNames(nodes, before, node) !== 0) {
      order[kept++] = node;
      continue;
    }
    if (nodes.kind(before) !== REPLACED && nodes.kind(node) === INODE.directory && nodes.wasImplied(node)) {
      throw treeInvalid(pathOf(nodes, node), "is no directory, but entries lie below it");
    }
    order[kept - 1] = node;
  }
  return kept - start;
}
