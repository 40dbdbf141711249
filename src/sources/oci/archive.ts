import { type ByteSource, type Bytes, type Content, PvError, readBytes, type Source } from "../../core/index.ts";
import { contentChunks, decompress, toByteSource } from "../../core/internal.ts";
import { type FileEntry, readTar, type Tree } from "../../tree/index.ts";
import { MAX_DOCUMENT_BYTES } from "./manifest.ts";

/** Files of an archive by path, readable in any order. */
export interface Archive {
  /** Undefined where there is no such file. */
  file(path: string): FileEntry | undefined;
  /** All of a small document. */
  document(path: string): Promise<Bytes | undefined>;
}

/** An archive that is a stream, or compressed, has to be held to be read in any order. */
const MAX_HELD_BYTES = 1024 * 2 ** 20;
const MAX_MEMBERS = 200_000;
const MAX_LINKS = 8;

function isTree(value: Tree | Content): value is Tree {
  if (value instanceof Uint8Array) return false;
  if (typeof Blob !== "undefined" && value instanceof Blob) return false;
  if (typeof ReadableStream !== "undefined" && value instanceof ReadableStream) return false;
  if (typeof Response !== "undefined" && value instanceof Response) return false;
  return typeof (value as { read?: unknown }).read !== "function";
}

async function isPlain(source: ByteSource): Promise<boolean> {
  const head = await source.read(0, 6);
  const [a, b, c, d] = head;
  return !(
    (a === 0x1f && b === 0x8b) ||
    (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) ||
    (a === 0xfd && b === 0x37) ||
    (a === 0x42 && b === 0x5a && c === 0x68)
  );
}

/** The bytes of the archive as a source: in place where it can be read anywhere, held in memory where it cannot. */
async function randomAccess(content: Content, signal?: AbortSignal): Promise<Source> {
  if (content instanceof Uint8Array || (typeof Blob !== "undefined" && content instanceof Blob) || "read" in content) {
    const source = toByteSource(content as Source);
    if (await isPlain(source)) return content as Source;
  }
  try {
    return await readBytes(decompress(contentChunks(content, { signal })), { maxBytes: MAX_HELD_BYTES, signal });
  } catch (error) {
    if (!(error instanceof PvError) || error.code !== "LIMIT_EXCEEDED") throw error;
    throw new PvError(
      "LIMIT_EXCEEDED",
      `an archive over ${MAX_HELD_BYTES / 2 ** 20} MiB that is compressed or a stream`,
      { limit: "maxBytes", value: MAX_HELD_BYTES },
      {
        hint: "give it uncompressed and as a file: fileSource(path)",
        cause: error,
      },
    );
  }
}

/**
 * Opens a folder or a tar of files that are asked for by name. What is read is checked by its digest later, so the
 * last of two members with one name counts, as it would after unpacking.
 */
export async function openArchive(content: Tree | Content, signal?: AbortSignal): Promise<Archive> {
  let tree: Tree;
  if (isTree(content)) tree = await treeOrStream(content, signal);
  else tree = readTar(await randomAccess(content, signal));
  const found = new Map<string, FileEntry | { link: string }>();
  for await (const entry of tree) {
    signal?.throwIfAborted();
    if (entry.kind === "file") found.set(entry.path, entry);
    else if (entry.kind === "hardlink") found.set(entry.path, { link: entry.target });
    else if (entry.kind === "symlink") found.set(entry.path, { link: resolveLink(entry.path, entry.target) });
    if (found.size > MAX_MEMBERS)
      throw new PvError("LIMIT_EXCEEDED", `more than ${MAX_MEMBERS} files in an archive`, {
        limit: "maxEntries",
        value: MAX_MEMBERS,
      });
  }
  const file = (path: string): FileEntry | undefined => {
    let at = found.get(path);
    for (let links = 0; at !== undefined && "link" in at && links < MAX_LINKS; links++) at = found.get(at.link);
    return at !== undefined && "kind" in at ? at : undefined;
  };
  return {
    file,
    async document(path) {
      const entry = file(path);
      return entry && readBytes(entry.open(), { maxBytes: MAX_DOCUMENT_BYTES, signal });
    },
  };
}

/** An async iterable may give entries (a Tree) or bytes (a stream): its first value tells. */
async function treeOrStream(content: AsyncIterable<unknown>, signal?: AbortSignal): Promise<Tree> {
  const iterator = content[Symbol.asyncIterator]();
  const first = await iterator.next();
  async function* again(): AsyncGenerator<unknown, void, void> {
    let step = first;
    while (!step.done) {
      yield step.value;
      step = await iterator.next();
    }
  }
  if (!first.done && first.value instanceof Uint8Array)
    return readTar(await randomAccess(again() as AsyncGenerator<Uint8Array>, signal));
  return { [Symbol.asyncIterator]: () => again() as AsyncGenerator<never> };
}

/** A relative link within the archive; one that leaves it names nothing. */
function resolveLink(path: string, target: string): string {
  const parts = target.startsWith("/") ? [] : path.split("/").slice(0, -1);
  for (const part of target.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}
