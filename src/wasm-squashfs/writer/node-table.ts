import { encodePath } from "../../core/index.ts";
import type { TreeEntry } from "../../tree/index.ts";
import { INODE, MAX_NAME_BYTES, NONE_U32 } from "../format.ts";
import { Arena, Column } from "./columns.ts";
import type { IdTable } from "./id-table.ts";
import { checkName, treeInvalid } from "./tree-invalid.ts";

/** A name that stands for the inode of another. */
export const HARD_LINK = 8;
/** A directory that something else replaced. */
export const REPLACED = 0;

const MODE_BITS = 12;
const KIND_SHIFT = MODE_BITS;
const NAME_SHIFT = 16;
const IMPLIED = 1 << 24;

/** Deeper trees are refused by readers, ours included. */
const MAX_DEPTH = 4096;

/** What nodes share, without their kind. */
export interface NodeTraits {
  mode: number;
  uid: number;
  gid: number;
  mtimeSeconds: number;
}

/**
 * Every entry in the order in which it came, as columns; node 0 is the root. A path may come twice: the later node
 * wins when the tree is put in order, as it does when a tar is unpacked.
 */
export class NodeTable {
  readonly names: Arena = new Arena();
  readonly parents: Column = new Column();
  readonly nameAt: Column = new Column();
  /** Mode, kind, length of the name. */
  readonly #traits: Column = new Column();
  /** Indexes of uid (low half) and gid. */
  readonly owners: Column = new Column();
  readonly times: Column = new Column();
  /** File: content. Symlink: its text in `names`. Device: its number. Directory: its ordinal. Hard link: see `links`. */
  readonly payloads: Column = new Column();
  readonly xattrs: Column = new Column();
  /** Nodes of directories, by ordinal. */
  readonly directories: Column = new Column();
  /** Entries that each directory was given, by ordinal. */
  readonly childCounts: Column = new Column();
  readonly links: { node: number; target: string }[] = [];

  readonly #ids: IdTable;
  readonly #implied: NodeTraits;
  readonly #byPath: Map<string, number> = new Map();
  #lastParentPath = "";
  #lastParent = 0;

  constructor(ids: IdTable, mtimeSeconds: number) {
    this.#ids = ids;
    this.#implied = { mode: 0o755, uid: 0, gid: 0, mtimeSeconds };
    this.#byPath.set("", this.#append(0, "", INODE.directory, this.#implied, "", 0));
    this.directories.push(0);
    this.childCounts.push(0);
  }

  get length(): number {
    return this.parents.length;
  }

  kind(node: number): number {
    return (this.#traits.get(node) >> KIND_SHIFT) & 15;
  }

  mode(node: number): number {
    return this.#traits.get(node) & 0o7777;
  }

  /** True for a directory that was made because something lies in it. */
  wasImplied(node: number): boolean {
    return (this.#traits.get(node) & IMPLIED) !== 0;
  }

  nameLength(node: number): number {
    return (this.#traits.get(node) >> NAME_SHIFT) & 255;
  }

  name(node: number): Uint8Array<ArrayBuffer> {
    return this.names.view(this.nameAt.get(node), this.nameLength(node));
  }

  /** The node of a directory, if there is one now. */
  directory(path: string): number | undefined {
    return this.#byPath.get(path);
  }

  /** Adds an entry that is no directory; refuses what would bury the files below a directory. */
  add(entry: TreeEntry, kind: number, payload: number, xattrs: number): number {
    const { path } = entry;
    const existing = this.#byPath.get(path);
    if (existing !== undefined) this.#replaceDirectory(existing, path);
    const [parent, name] = this.#split(path);
    const node = this.#append(parent, name, kind, entry, path, payload);
    this.xattrs.set(node, xattrs);
    if (kind === HARD_LINK && entry.kind === "hardlink") this.links.push({ node, target: entry.target });
    return node;
  }

  /** Adds a directory, or gives one that is there its entry. */
  addDirectory(entry: TreeEntry, xattrs: number): number {
    const { path } = entry;
    const existing = this.#byPath.get(path);
    if (existing === undefined) {
      if (path.split("/").length > MAX_DEPTH) throw treeInvalid(path, `lies more than ${MAX_DEPTH} folders deep`);
      const [parent, name] = this.#split(path);
      const node = this.#makeDirectory(parent, name, entry, path);
      this.xattrs.set(node, xattrs);
      return node;
    }
    const kept = this.#traits.get(existing) & ~0o7777;
    this.#traits.set(existing, kept | (entry.mode & 0o7777));
    this.#setOwner(existing, entry, path);
    this.xattrs.set(existing, xattrs);
    return existing;
  }

  #split(path: string): [parent: number, name: string] {
    const slash = path.lastIndexOf("/");
    const name = slash < 0 ? path : path.slice(slash + 1);
    checkName(name, path);
    if (slash === 0) checkName("", path);
    return [slash < 0 ? 0 : this.#parent(path.slice(0, slash), path), name];
  }

  /** The directory at `parentPath`, made with its own parents where no entry named it. */
  #parent(parentPath: string, path: string): number {
    if (parentPath === this.#lastParentPath) return this.#lastParent;
    let node = this.#byPath.get(parentPath);
    if (node === undefined) {
      node = 0;
      const components = parentPath.split("/");
      if (components.length > MAX_DEPTH) throw treeInvalid(path, `lies more than ${MAX_DEPTH} folders deep`);
      let at = "";
      for (const component of components) {
        checkName(component, path);
        at = at === "" ? component : `${at}/${component}`;
        node = this.#byPath.get(at) ?? this.#makeDirectory(node, component, this.#implied, at, IMPLIED);
      }
    }
    this.#lastParentPath = parentPath;
    this.#lastParent = node;
    return node;
  }

  #makeDirectory(parent: number, name: string, traits: NodeTraits, path: string, flags = 0): number {
    const node = this.#append(parent, name, INODE.directory, traits, path, this.directories.length);
    this.#traits.set(node, this.#traits.get(node) | flags);
    this.directories.push(node);
    this.childCounts.push(0);
    this.#byPath.set(path, node);
    return node;
  }

  #replaceDirectory(node: number, path: string): void {
    if (node === 0) throw treeInvalid("", "of a tree must be a directory");
    if (this.childCounts.get(this.payloads.get(node)) > 0) {
      throw treeInvalid(path, "would replace a directory that holds files", "drop one of the two with mapTree");
    }
    this.#traits.set(node, this.#traits.get(node) & ~(15 << KIND_SHIFT));
    this.#byPath.delete(path);
    this.#lastParentPath = "";
    this.#lastParent = 0;
  }

  #append(parent: number, name: string, kind: number, traits: NodeTraits, path: string, payload: number): number {
    const bytes = encodePath(name);
    if (bytes.length > MAX_NAME_BYTES) {
      throw treeInvalid(path, `has a name of ${bytes.length} bytes`, `Linux opens names of ${MAX_NAME_BYTES} at most`);
    }
    const node = this.parents.push(parent);
    this.nameAt.push(this.names.push(bytes));
    this.#traits.push((traits.mode & 0o7777) | (kind << KIND_SHIFT) | (bytes.length << NAME_SHIFT));
    this.owners.push(0);
    this.times.push(0);
    this.payloads.push(payload);
    this.xattrs.push(NONE_U32);
    if (kind !== HARD_LINK) this.#setOwner(node, traits, path);
    if (node > 0) {
      const ordinal = this.payloads.get(parent);
      this.childCounts.set(ordinal, this.childCounts.get(ordinal) + 1);
    }
    return node;
  }

  #setOwner(node: number, traits: NodeTraits, path: string): void {
    const uid = this.#ids.indexOf(traits.uid, "user id", path);
    const gid = this.#ids.indexOf(traits.gid, "group id", path);
    this.owners.set(node, (uid | (gid << 16)) >>> 0);
    this.times.set(node, clampTime(traits.mtimeSeconds));
  }
}

/** Squashfs keeps 1970 to 2106; what lies outside goes to the nearer end. */
export function clampTime(seconds: number): number {
  return Number.isNaN(seconds) ? 0 : Math.min(Math.max(Math.floor(seconds), 0), 0xffffffff);
}
