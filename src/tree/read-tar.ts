import { type Bytes, type Content, type Limits, PvError } from "../core/index.ts";
import { contentName, limitCounter, nameErrors } from "../core/internal.ts";
import { impliedFolder } from "./implied.ts";
import { layerLinks } from "./layer-links.ts";
import { markOnce } from "./once.ts";
import { entryOf } from "./tar-entry.ts";
import { type TarContent, tarContent } from "./tar-input.ts";
import { nextMember, skipTo } from "./tar-member.ts";
import { ancestors } from "./tree-path.ts";
import type { Tree, TreeEntry } from "./types.ts";

function isWhiteout(path: string): boolean {
  return path.slice(path.lastIndexOf("/") + 1).startsWith(".wh.");
}

async function* entries(content: TarContent, limits: Limits, layer: boolean): AsyncGenerator<TreeEntry, void, void> {
  const counter = limitCounter(limits);
  const input = await content.open();
  const globals = new Map<string, Bytes>();
  /** Every path so far, and whether it is a folder. */
  const known = new Map<string, boolean>();
  const links = layer ? layerLinks() : undefined;
  try {
    for (;;) {
      const member = await nextMember(input, globals, layer);
      if (!member) break;
      const { entry: found, end } = await entryOf(input, member, layer);
      const entry = links ? links(found) : found;
      for (const above of ancestors(entry.path)) {
        const isFolder = known.get(above);
        // A layer that puts a file in a folder's place may still say what it removes below (umoci writes such).
        if (isFolder || (isFolder === false && isWhiteout(entry.path))) continue;
        // Writing through a link is how archives have left their folder.
        if (isFolder === false)
          throw new PvError("TREE_INVALID", `${entry.path} lies below ${above}, which is no folder`, {
            path: entry.path,
          });
        known.set(above, true);
        counter.addEntry();
        yield impliedFolder(above);
      }
      known.set(entry.path, entry.kind === "directory");
      counter.addEntry();
      if (entry.kind === "file") counter.addBytes(entry.sizeBytes);
      yield entry;
      await skipTo(input, end, entry.path);
    }
    await input.drain();
  } finally {
    await input.close();
  }
}

/**
 * The entries of a tar, plain or compressed (found by content), in the order of the archive: ustar, pax with xattrs and
 * sparse files, GNU long names and sparse files, v7. Folders that the archive implies are made, with mode 0755; a path
 * that comes twice comes twice here too, and the later one counts. Owners are numbers; names of owners are not read.
 *
 * From bytes, a Blob or a file the tree can be read again; uncompressed, contents can be opened at any time. From a
 * stream it can be read once, and a file's content only before the next entry is asked for.
 *
 * Limits: `maxBytes` counts file contents, holes too, and what comes out of decompression; `maxEntries` counts entries.
 *
 * @throws `PvError` `TAR_INVALID` when the content is no tar, is damaged or ends too early.
 * @throws `PvError` `TAR_PATH_UNSAFE` when a name or the target of a hard link is absolute or leaves the tree.
 * @throws `PvError` `TREE_INVALID` when a member lies below something that is no folder.
 * @throws `PvError` `TREE_CONSUMED` when a stream is read twice, or a content after its turn.
 * @throws `PvError` `LIMIT_EXCEEDED` when there is more than the limits allow.
 * @throws `PvError` `CONTENT_CORRUPT` when compressed content does not decompress.
 * @throws `PvError` `CONTENT_TRUNCATED` when compressed content ends too early.
 * @throws `PvError` `CODEC_MISSING` when this runtime cannot decompress the content.
 * @example
 * ```ts
 * import { files, readBytes, readTar, writeTar } from "@pv/sdk";
 * const archive = await readBytes(writeTar(files({ "etc/hostname": "gateway\n" })));
 * const paths: string[] = [];
 * for await (const entry of readTar(archive)) paths.push(entry.path);
 * if (paths.join() !== "etc,etc/hostname") throw new Error(paths.join());
 * ```
 */
export function readTar(content: Content, limits: Limits = {}): Tree {
  if (typeof content === "string") throw new TypeError("readTar takes bytes; for a path use readTar(fileSource(path))");
  return tarTree(content, limits, false);
}

/**
 * The tar of an image's layer, as container runtimes unpack it: a leading slash of a name says nothing, what lies below a
 * symbolic link of the same layer goes where it leads, within the root, and the end mark may be missing, because a digest
 * tells that all is there.
 */
export function readLayerTar(content: Content): Tree {
  return tarTree(content, {}, true);
}

function tarTree(content: Content, limits: Limits, layer: boolean): Tree {
  const opened = tarContent(content, limits);
  const name = contentName(content);
  let used = false;
  const tree: Tree = {
    async *[Symbol.asyncIterator]() {
      if (used && !opened.replayable) {
        throw new PvError(
          "TREE_CONSUMED",
          "this tar came from a stream and has been read",
          {},
          { hint: "give readTar a file, a Blob or bytes to read it more than once" },
        );
      }
      used = true;
      yield* nameErrors(entries(opened, limits, layer), name);
    },
  };
  return opened.replayable ? tree : markOnce(tree);
}
