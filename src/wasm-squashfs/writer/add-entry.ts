import { encodePath } from "../../core/index.ts";
import type { TreeEntry } from "../../tree/index.ts";
import { INODE, MAX_SYMLINK_BYTES, NONE_U32 } from "../format.ts";
import type { FileWriter } from "./file-writer.ts";
import { HARD_LINK, type NodeTable } from "./node-table.ts";
import { treeInvalid } from "./tree-invalid.ts";
import type { XattrTable } from "./xattr-table.ts";

/** Where entries go. */
export interface EntryTables {
  nodes: NodeTable;
  openXattrs: () => Promise<XattrTable>;
  files: FileWriter;
}

/** Takes one entry of a tree, with its content. */
export async function addEntry(tables: EntryTables, entry: TreeEntry): Promise<void> {
  const { nodes } = tables;
  const xattrs =
    entry.kind !== "hardlink" && entry.xattrs ? (await tables.openXattrs()).add(entry.xattrs, entry.path) : NONE_U32;
  switch (entry.kind) {
    case "directory":
      nodes.addDirectory(entry, xattrs);
      return;
    case "file": {
      // The name first: what cannot be named need not be read.
      const node = nodes.add(entry, INODE.file, 0, xattrs);
      nodes.payloads.set(node, await tables.files.add(entry));
      return;
    }
    case "hardlink":
      if (entry.target === entry.path) return;
      if (nodes.directory(entry.target) !== undefined) {
        throw treeInvalid(entry.path, `is a hard link to ${JSON.stringify(entry.target)}, a directory`);
      }
      nodes.add(entry, HARD_LINK, 0, NONE_U32);
      return;
    case "symlink":
      nodes.add(entry, INODE.symlink, addTarget(nodes, entry.target, entry.path), xattrs);
      return;
    case "char":
    case "block":
      nodes.add(
        entry,
        entry.kind === "char" ? INODE.char : INODE.block,
        deviceNumber(entry.major, entry.minor, entry.path),
        xattrs,
      );
      return;
    case "fifo":
    case "socket":
      nodes.add(entry, INODE[entry.kind], 0, xattrs);
      return;
    default:
      throw treeInvalid(
        (entry as TreeEntry).path,
        `is of the unknown kind ${JSON.stringify((entry as TreeEntry).kind)}`,
      );
  }
}

/** Keeps a link's text among the names, after its length in two bytes. */
function addTarget(nodes: NodeTable, target: string, path: string): number {
  const bytes = encodePath(target);
  if (bytes.length === 0) throw treeInvalid(path, "is a symbolic link to nothing");
  if (bytes.includes(0)) throw treeInvalid(path, "is a symbolic link with a NUL in its target");
  if (bytes.length > MAX_SYMLINK_BYTES) {
    throw treeInvalid(
      path,
      `is a symbolic link of ${bytes.length} bytes`,
      `Linux follows ${MAX_SYMLINK_BYTES} bytes at most`,
    );
  }
  const at = nodes.names.push(new Uint8Array([bytes.length & 255, bytes.length >> 8]));
  nodes.names.push(bytes);
  return at;
}

/** As Linux' `new_encode_dev` packs it: 12 bits of major, 20 of minor. */
function deviceNumber(major: number, minor: number, path: string): number {
  const fits = (value: number, most: number): boolean => Number.isInteger(value) && value >= 0 && value <= most;
  if (!fits(major, 0xfff) || !fits(minor, 0xfffff)) {
    throw treeInvalid(path, `is the device ${major}:${minor}`, "squashfs keeps majors to 4095 and minors to 1048575");
  }
  return ((major << 8) | (minor & 0xff) | ((minor & ~0xff) << 12)) >>> 0;
}
