import { encodePath, type Limits, type Source } from "../../core/index.ts";
import type { TreeEntry } from "../../tree/index.ts";
import { invalid } from "./checks.ts";
import { findEntry, readEntryInode } from "./directory.ts";
import { toEntry } from "./entry.ts";
import { type Image, openImage } from "./image.ts";
import { type DirectoryInode, type Inode, readInode } from "./inode.ts";
import { startPass } from "./pass.ts";
import type { SquashfsImage } from "./types.ts";
import { walk } from "./walk.ts";

async function find(image: Image, root: DirectoryInode, path: string): Promise<TreeEntry | undefined> {
  const names = path.split("/").filter((name) => name !== "");
  let inode: Inode = root;
  for (const name of names) {
    if (inode.kind !== "directory") return undefined;
    const entry = await findEntry(image, inode, encodePath(name));
    if (!entry) return undefined;
    inode = await readEntryInode(image, entry, inode);
  }
  return toEntry(image, startPass(image), inode, names.join("/"));
}

/**
 * Opens a squashfs 4.0 image as a Tree. Only the tables that are needed are read, in pieces of 256 KiB (each one
 * request of an `httpSource`); content is read and decompressed when it is asked for, a few blocks ahead.
 *
 * Reads gzip and lz4 everywhere; zstd with Node >= 22.15 or the package `zstddec`; xz with `xz-decompress`.
 *
 * Each walk, and each `find`, has the budget of `limits` (bytes, entries, and bytes out per byte of the image) for
 * itself and the contents opened from it. Two files with the same `contentKey`, also of two images, are stored alike,
 * which is seen without decompressing them.
 *
 * The walk, `find` and contents throw the same errors as this function.
 *
 * @throws `PvError` `SQUASHFS_INVALID` when it is no squashfs image or a malformed one; `check` names the rule.
 * @throws `PvError` `CODEC_MISSING` when this runtime cannot decompress it; the error names the package.
 * @throws `PvError` `LIMIT_EXCEEDED` when more comes out than the limits allow.
 * @throws `PvError` `CONTENT_TRUNCATED` when the source is shorter than it said.
 * @example
 * ```ts
 * import { files, memorySink } from "@pv/sdk";
 * import { openSquashfs, writeSquashfs } from "@pv/sdk/squashfs";
 * const sink = memorySink();
 * await writeSquashfs(files({ "etc/hostname": { content: "device\n", mode: 0o644 } }), sink);
 * await using image = await openSquashfs(sink.written);
 * const entry = await image.find("etc/hostname");
 * if (entry?.kind !== "file" || (await new Response(entry.open()).text()) !== "device\n") throw new Error("lost");
 * ```
 */
export async function openSquashfs(source: Source, limits: Limits = {}): Promise<SquashfsImage> {
  const image = await openImage(source, limits);
  try {
    const { superblock, bytes } = image;
    const root = await readInode(image, superblock.root.block, superblock.root.offset);
    if (root.kind !== "directory") throw invalid("root-kind", root.position, root.kind);
    return {
      sizeBytes: bytes.sizeBytes,
      blockSizeBytes: superblock.blockSize,
      compressor: superblock.compressor,
      find: (path) => find(image, root, path),
      [Symbol.asyncIterator]: () => walk(image, root),
      [Symbol.asyncDispose]: () => image.close(),
    };
  } catch (error) {
    await image.close();
    throw error;
  }
}
