import { DIRECTORY_SIZE_EXTRA, INODE, INODE_BYTES, NONE_U32 } from "../format.ts";
import type { ContentTable } from "./content-table.ts";
import type { ListingPlace } from "./directory-listing.ts";
import type { MetadataWriter } from "./metadata-writer.ts";
import type { NodeTable } from "./node-table.ts";
import type { ResolvedTree } from "./resolve-tree.ts";

/** An extended inode's type is the basic one's and this. */
const EXTENDED = 7;

/** Writes inodes to their table, each in the shortest form that holds it. */
export class InodeWriter {
  readonly #table: MetadataWriter;
  readonly #nodes: NodeTable;
  readonly #tree: ResolvedTree;
  readonly #contents: ContentTable;
  readonly #scratch: DataView<ArrayBuffer> = new DataView(new ArrayBuffer(64));

  constructor(table: MetadataWriter, nodes: NodeTable, tree: ResolvedTree, contents: ContentTable) {
    this.#table = table;
    this.#nodes = nodes;
    this.#tree = tree;
    this.#contents = contents;
  }

  writeDirectory(node: number, listing: ListingPlace): void {
    const size = listing.size + DIRECTORY_SIZE_EXTRA;
    const xattrs = this.#nodes.xattrs.get(node);
    const links = this.#tree.linkCount[node]!;
    // The root's parent is a number that no inode has, as mksquashfs writes it.
    const parent = node === 0 ? this.#tree.inodes + 1 : this.#tree.number[this.#nodes.parents.get(node)]!;
    const view = this.#scratch;
    if (size > 0xffff || listing.indexCount > 0 || xattrs !== NONE_U32) {
      this.#begin(node, INODE.extendedDirectory);
      view.setUint32(16, links, true);
      view.setUint32(20, size, true);
      view.setUint32(24, listing.block, true);
      view.setUint32(28, parent, true);
      view.setUint16(32, listing.indexCount, true);
      view.setUint16(34, listing.offset, true);
      view.setUint32(36, xattrs, true);
      this.#end(INODE_BYTES.extendedDirectory);
      if (listing.index) this.#table.append(listing.index);
      return;
    }
    this.#begin(node, INODE.directory);
    view.setUint32(16, listing.block, true);
    view.setUint32(20, links, true);
    view.setUint16(24, size, true);
    view.setUint16(26, listing.offset, true);
    view.setUint32(28, parent, true);
    this.#end(INODE_BYTES.directory);
  }

  /** Any inode but a directory's. */
  write(node: number): void {
    const kind = this.#nodes.kind(node);
    if (kind === INODE.file) {
      this.#writeFile(node);
      return;
    }
    const xattrs = this.#nodes.xattrs.get(node);
    const extended = xattrs !== NONE_U32;
    const payload = this.#nodes.payloads.get(node);
    const view = this.#scratch;
    this.#begin(node, extended ? kind + EXTENDED : kind);
    view.setUint32(16, this.#tree.linkCount[node]!, true);
    if (kind === INODE.symlink) {
      const { names } = this.#nodes;
      const length = names.bytes[payload]! | (names.bytes[payload + 1]! << 8);
      view.setUint32(20, length, true);
      this.#end(INODE_BYTES.symlink);
      this.#table.append(names.view(payload + 2, length));
      if (extended) {
        view.setUint32(0, xattrs, true);
        this.#end(4);
      }
      return;
    }
    const device = kind === INODE.block || kind === INODE.char;
    if (device) view.setUint32(20, payload, true);
    const size = device ? INODE_BYTES.device : INODE_BYTES.ipc;
    if (extended) view.setUint32(size, xattrs, true);
    this.#end(extended ? size + 4 : size);
  }

  #writeFile(node: number): void {
    const contents = this.#contents;
    const content = this.#nodes.payloads.get(node);
    const size = contents.sizes.get(content);
    const start = contents.starts.get(content);
    const sparse = contents.sparseBytes(content);
    const links = this.#tree.linkCount[node]!;
    const xattrs = this.#nodes.xattrs.get(node);
    const fragment = contents.fragments.get(content);
    const offset = contents.fragmentOffsets.get(content);
    const view = this.#scratch;
    if (links > 1 || xattrs !== NONE_U32 || sparse > 0 || size > 0xffffffff || start > 0xffffffff) {
      this.#begin(node, INODE.extendedFile);
      view.setBigUint64(16, BigInt(start), true);
      view.setBigUint64(24, BigInt(size), true);
      view.setBigUint64(32, BigInt(sparse), true);
      view.setUint32(40, links, true);
      view.setUint32(44, fragment, true);
      view.setUint32(48, offset, true);
      view.setUint32(52, xattrs, true);
      this.#end(INODE_BYTES.extendedFile);
    } else {
      this.#begin(node, INODE.file);
      view.setUint32(16, start, true);
      view.setUint32(20, fragment, true);
      view.setUint32(24, offset, true);
      view.setUint32(28, size, true);
      this.#end(INODE_BYTES.file);
    }
    const first = contents.firstWords.get(content);
    const count = contents.wordCounts.get(content);
    for (let at = first; at < first + count; at++) {
      view.setUint32(0, contents.words.get(at), true);
      this.#end(4);
    }
  }

  #begin(node: number, type: number): void {
    const view = this.#scratch;
    const owners = this.#nodes.owners.get(node);
    view.setUint16(0, type, true);
    view.setUint16(2, this.#nodes.mode(node), true);
    view.setUint16(4, owners & 0xffff, true);
    view.setUint16(6, owners >>> 16, true);
    view.setUint32(8, this.#nodes.times.get(node), true);
    view.setUint32(12, this.#tree.number[node]!, true);
  }

  #end(length: number): void {
    this.#table.append(new Uint8Array(this.#scratch.buffer, 0, length));
  }
}
