import { decodePath } from "../../core/index.ts";
import type { EntryBase, TreeEntry } from "../../tree/index.ts";
import { contentKeyOf, openContent } from "./content.ts";
import type { Image } from "./image.ts";
import type { Inode } from "./inode.ts";
import type { Pass } from "./pass.ts";
import type { WalkAhead } from "./walk-ahead.ts";

/** The entry of an inode at a path; `ahead` is told when its content is read. */
export async function toEntry(
  image: Image,
  pass: Pass,
  inode: Inode,
  path: string,
  ahead?: WalkAhead,
): Promise<TreeEntry> {
  pass.addEntry();
  pass.addMetadata(path.length);
  const base: EntryBase = {
    path,
    mode: inode.mode,
    uid: inode.uid,
    gid: inode.gid,
    mtimeSeconds: inode.mtimeSeconds,
  };
  // A kernel takes the index as none where the image has no table.
  if (inode.xattr !== undefined && image.layout.xattrIds) {
    const { readXattrs } = await import("./xattrs.ts");
    const xattrs = await readXattrs(image, inode.xattr, inode.position);
    for (const [name, value] of Object.entries(xattrs)) pass.addAttribute(name.length + value.length);
    if (Object.keys(xattrs).length > 0) base.xattrs = xattrs;
  }
  switch (inode.kind) {
    case "directory":
      return { ...base, kind: "directory" };
    case "file":
      return {
        ...base,
        kind: "file",
        sizeBytes: inode.sizeBytes,
        open: () => openContent(image, inode, pass, ahead),
        contentKey: () => contentKeyOf(image, inode, pass),
      };
    case "symlink":
      pass.addMetadata(inode.target!.length);
      return { ...base, kind: "symlink", target: decodePath(inode.target!) };
    case "block":
    case "char": {
      const rdev = inode.rdev!;
      return {
        ...base,
        kind: inode.kind,
        major: (rdev >>> 8) & 0xfff,
        minor: (rdev & 0xff) | ((rdev >>> 12) & 0xfff00),
      };
    }
    default:
      return { ...base, kind: inode.kind };
  }
}
