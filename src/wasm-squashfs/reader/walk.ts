import { decodePath } from "../../core/index.ts";
import type { TreeEntry } from "../../tree/index.ts";
import { invalid } from "./checks.ts";
import { Listing, readEntryInode } from "./directory.ts";
import { toEntry } from "./entry.ts";
import type { Image } from "./image.ts";
import type { DirectoryInode, Inode } from "./inode.ts";
import { startPass } from "./pass.ts";
import { WalkAhead } from "./walk-ahead.ts";

const MAX_DEPTH = 4096;
const MAX_PATH_BYTES = 65535;

interface Frame {
  directory: DirectoryInode;
  listing: Listing;
  path: string;
  pathBytes: number;
}

/** Directories seen on a walk: each may be reached once, by number and by place. */
class Visited {
  readonly #numbers = new Set<number>();
  readonly #places = new Set<number>();

  add(directory: DirectoryInode, place: number): void {
    if (this.#numbers.has(directory.number) || this.#places.has(place))
      throw invalid("directory-loop", directory.position, `inode ${directory.number}`);
    this.#numbers.add(directory.number);
    this.#places.add(place);
  }
}

/** A reference as one number. */
const placeOf = (block: number, offset: number): number => block * 2 ** 13 + offset;

/** An inode that a walk comes to. */
export interface FoundInode {
  inode: Inode;
  path: string;
  /** Where it was found first, if this is another name of it. */
  firstPath: string | undefined;
}

/**
 * All inodes, depth first, names in byte order: a directory, then what is in it. A stack of its own, so that depth is
 * bounded by a check and not by the runtime's stack.
 */
async function* inodesBelow(image: Image, root: DirectoryInode): AsyncGenerator<FoundInode, void, void> {
  const visited = new Visited();
  /** First paths of inodes with several. */
  const links = new Map<number, string>();
  visited.add(root, placeOf(image.superblock.root.block, image.superblock.root.offset));
  yield { inode: root, path: "", firstPath: undefined };
  const stack: Frame[] = [{ directory: root, listing: await Listing.open(image, root), path: "", pathBytes: 0 }];
  for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
    const found = await frame.listing.next();
    if (!found) {
      stack.pop();
      continue;
    }
    const inode = await readEntryInode(image, found, frame.directory);
    const pathBytes = frame.pathBytes + found.name.length + (frame.path === "" ? 0 : 1);
    if (pathBytes > MAX_PATH_BYTES) throw invalid("path-length", found.position);
    const name = decodePath(found.name);
    const path = frame.path === "" ? name : `${frame.path}/${name}`;
    if (inode.kind === "directory") {
      visited.add(inode, placeOf(found.block, found.offset));
      if (stack.length >= MAX_DEPTH) throw invalid("directory-depth", inode.position);
      yield { inode, path, firstPath: undefined };
      stack.push({ directory: inode, listing: await Listing.open(image, inode), path, pathBytes });
      continue;
    }
    const firstPath = inode.nlink > 1 ? links.get(inode.number) : undefined;
    if (inode.nlink > 1 && firstPath === undefined) links.set(inode.number, path);
    yield { inode, path, firstPath };
  }
}

/** All entries; later names of an inode are hard links to its first. */
export async function* walk(image: Image, root: DirectoryInode): AsyncGenerator<TreeEntry, void, void> {
  const pass = startPass(image);
  const ahead = new WalkAhead(image, inodesBelow(image, root));
  try {
    for (let found = await ahead.next(); found; found = await ahead.next()) {
      const { inode, path, firstPath } = found;
      const entry = await toEntry(image, pass, inode, path, ahead);
      if (firstPath === undefined) yield entry;
      else {
        const { mode, uid, gid, mtimeSeconds, xattrs } = entry;
        yield { path, mode, uid, gid, mtimeSeconds, kind: "hardlink", target: firstPath, ...(xattrs && { xattrs }) };
      }
    }
  } finally {
    ahead.close();
  }
}
