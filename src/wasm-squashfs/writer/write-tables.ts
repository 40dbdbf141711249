import type { Bytes } from "../../core/index.ts";
import { EXPORT_ENTRY_BYTES, FRAGMENT_ENTRY_BYTES, INODE } from "../format.ts";
import type { Column, WideColumn } from "./columns.ts";
import type { ContentTable } from "./content-table.ts";
import { ListingBuilder, type ListingPlace } from "./directory-listing.ts";
import { InodeWriter } from "./inode-writer.ts";
import { type CompressNow, MetadataWriter } from "./metadata-writer.ts";
import type { NodeTable } from "./node-table.ts";
import { type ResolvedTree, resolveTree } from "./resolve-tree.ts";

/** The inode and directory tables, and where inodes are. */
export interface TreeTables {
  inodes: Bytes;
  directories: Bytes;
  inodeCount: number;
  /** Names in the tree, without the root. */
  entries: number;
  root: bigint;
  /** Content of the export table. */
  references: () => Bytes;
}

/**
 * Writes inodes and listings depth first. The inodes of a directory's entries lie together, after those of everything
 * below them; its own comes with its siblings', once its listing is known. The root's is the last.
 */
export function writeTreeTables(nodes: NodeTable, contents: ContentTable, compress: CompressNow): TreeTables {
  const tree = resolveTree(nodes);
  const inodeTable = new MetadataWriter(compress);
  const directoryTable = new MetadataWriter(compress);
  const writer = new InodeWriter(inodeTable, nodes, tree, contents);
  const builder = new ListingBuilder();
  const blocks = new Uint32Array(nodes.length);
  const offsets = new Uint16Array(nodes.length);
  const written = new Uint8Array(nodes.length);
  /** Listings whose directory's inode is not written yet. */
  const listings = new Map<number, ListingPlace>();

  function writeInode(inode: number): void {
    if (written[inode]) return;
    written[inode] = 1;
    blocks[inode] = inodeTable.blockPosition;
    offsets[inode] = inodeTable.blockOffset;
    const listing = listings.get(inode);
    if (listing) {
      listings.delete(inode);
      writer.writeDirectory(inode, listing);
    } else writer.write(inode);
  }

  function finishDirectory(directory: number): void {
    const ordinal = nodes.payloads.get(directory);
    const start = tree.first[ordinal]!;
    const end = start + tree.count[ordinal]!;
    for (let at = start; at < end; at++) writeInode(tree.inodeOf(tree.order[at]!));
    for (let at = start; at < end; at++) {
      const node = tree.order[at]!;
      const inode = tree.inodeOf(node);
      builder.add(nodes.name(node), nodes.kind(inode), tree.number[inode]!, blocks[inode]!, offsets[inode]!);
    }
    listings.set(directory, builder.finish(directoryTable));
  }

  for (const directory of directoriesDepthFirst(nodes, tree)) finishDirectory(directory);
  writeInode(0);
  return {
    inodes: inodeTable.finish(),
    directories: directoryTable.finish(),
    inodeCount: tree.inodes,
    entries: tree.count.reduce((sum, count) => sum + count, 0),
    root: (BigInt(blocks[0]!) << 16n) | BigInt(offsets[0]!),
    references: () => exportEntries(tree, blocks, offsets),
  };
}

/** Directories, each after those that it holds. */
function* directoriesDepthFirst(nodes: NodeTable, tree: ResolvedTree): Generator<number, void, void> {
  const stack: { directory: number; at: number; end: number }[] = [];
  const enter = (directory: number): void => {
    const ordinal = nodes.payloads.get(directory);
    const at = tree.first[ordinal]!;
    stack.push({ directory, at, end: at + tree.count[ordinal]! });
  };
  enter(0);
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    while (top.at < top.end && nodes.kind(tree.order[top.at]!) !== INODE.directory) top.at++;
    if (top.at < top.end) enter(tree.order[top.at++]!);
    else {
      stack.pop();
      yield top.directory;
    }
  }
}

function exportEntries(tree: ResolvedTree, blocks: Uint32Array, offsets: Uint16Array): Bytes {
  const out = new DataView(new ArrayBuffer(tree.inodes * EXPORT_ENTRY_BYTES));
  for (let node = 0; node < tree.number.length; node++) {
    const number = tree.number[node]!;
    if (number === 0) continue;
    const reference = (BigInt(blocks[node]!) << 16n) | BigInt(offsets[node]!);
    out.setBigUint64((number - 1) * EXPORT_ENTRY_BYTES, reference, true);
  }
  return new Uint8Array(out.buffer);
}

/** Content of the fragment table. */
export function fragmentEntries(starts: WideColumn, words: Column): Bytes {
  const out = new DataView(new ArrayBuffer(starts.length * FRAGMENT_ENTRY_BYTES));
  for (let index = 0; index < starts.length; index++) {
    out.setBigUint64(index * FRAGMENT_ENTRY_BYTES, BigInt(starts.get(index)), true);
    out.setUint32(index * FRAGMENT_ENTRY_BYTES + 8, words.get(index), true);
  }
  return new Uint8Array(out.buffer);
}
