import { type Bytes, type Content, decodePath, type Limits, limitCounter, PvError, toStream } from "../core/index.ts";
import { impliedFolder } from "./implied.ts";
import { markOnce } from "./once.ts";
import { BLOCK, decodeHeader, type TarHeader, tarInvalid, tarNumber } from "./tar-header.ts";
import { type TarContent, type TarInput, tarContent } from "./tar-input.ts";
import { type PaxRecords, parsePax, paxNumber, paxXattr } from "./tar-pax.ts";
import {
  checkSparse,
  fillHoles,
  leadingMap,
  oldGnuPairs,
  paxSparse,
  type SparseMap,
  type Stretch,
} from "./tar-sparse.ts";
import { ancestors, cleanPath } from "./tree-path.ts";
import type { EntryBase, Tree, TreeEntry } from "./types.ts";

/** An extended header or a long name that is larger than this is an attack. */
const META_MAX_BYTES = 8 * 2 ** 20;
const PATH_MAX_BYTES = 65_536;
const ID_MAX = 2 ** 32 - 1;

/** One member with everything that extensions say of it. */
interface Member {
  header: TarHeader;
  block: Bytes;
  offset: number;
  records: PaxRecords;
  name: Bytes;
  link: Bytes;
}

async function meta(input: TarInput, size: number, offset: number): Promise<Bytes> {
  if (size > META_MAX_BYTES) throw tarInvalid(offset, `an extended header of ${size} bytes`);
  const bytes = await input.read(size);
  if (bytes.length < size) throw tarInvalid(input.position, "the archive ends within an extended header");
  await skipTo(input, offset + BLOCK + padded(size));
  return bytes;
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

async function skipTo(input: TarInput, position: number, path?: string): Promise<void> {
  if ((await input.seek(position)) < position)
    throw tarInvalid(input.position, "the archive ends within a member", path);
}

function withoutNul(bytes: Bytes): Bytes {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** The next member, its extension headers read and put together; undefined at the end mark. */
async function nextMember(input: TarInput, globals: Map<string, Bytes>): Promise<Member | undefined> {
  const records: (readonly [string, Bytes])[] = [];
  let longName: Bytes | undefined;
  let longLink: Bytes | undefined;
  for (let extended = false; ; extended = true) {
    const offset = input.position;
    const block = await input.read(BLOCK);
    if (block.length < BLOCK) {
      const what =
        offset === 0 && block.length === 0 ? "the archive is empty" : "the archive ends without its end mark";
      throw tarInvalid(offset + block.length, what, undefined, "it may have been cut short");
    }
    if (block.every((byte) => byte === 0)) {
      if (extended) throw tarInvalid(offset, "the archive ends behind an extended header");
      return undefined;
    }
    const header = decodeHeader(block, offset);
    if (header.size < 0) throw tarInvalid(offset, "a member has a negative size");
    switch (header.type) {
      case "x":
      case "X": // Solaris
        records.push(...parsePax(await meta(input, header.size, offset), offset));
        continue;
      case "g":
        for (const [key, value] of parsePax(await meta(input, header.size, offset), offset)) {
          if (value.length === 0) globals.delete(key);
          else globals.set(key, value);
        }
        continue;
      case "L":
        longName = withoutNul((await meta(input, header.size, offset)).slice());
        continue;
      case "K":
        longLink = withoutNul((await meta(input, header.size, offset)).slice());
        continue;
      case "V": // the name of a tape
        await skipTo(input, offset + BLOCK + padded(header.size));
        continue;
    }
    // Records of this member come behind the global ones, so that the last of a key is the one that counts.
    const all = globals.size > 0 ? [...globals, ...records] : records;
    return {
      header,
      block: block.slice(),
      offset,
      records: all,
      name: longName ?? header.name,
      link: longLink ?? header.link,
    };
  }
}

function safePath(bytes: Bytes, offset: number, what: string): string {
  if (bytes.length > PATH_MAX_BYTES) throw tarInvalid(offset, `${what} of ${bytes.length} bytes`);
  const text = decodePath(bytes);
  const path = cleanPath(text);
  if (path !== undefined) return path;
  const why = text.startsWith("/") ? "is absolute" : text.includes("\0") ? "holds a NUL" : "leaves its folder";
  throw new PvError(
    "TAR_PATH_UNSAFE",
    `${what} ${why}`,
    { path: text },
    { hint: "make the archive with relative names" },
  );
}

/** Overrules header fields by pax records; an empty value takes a record back. */
function applyRecords(member: Member): { base: EntryBase; values: ReadonlyMap<string, Bytes> } {
  const { header, records, offset } = member;
  const values = new Map<string, Bytes>();
  const xattrs: [string, Bytes][] = [];
  for (const [key, value] of records) {
    if (key.includes("xattr.") || key === "RHT.security.selinux") {
      const xattr = paxXattr(key, value);
      if (xattr) xattrs.push([xattr[0], xattr[1]]);
    } else if (value.length === 0 && !key.startsWith("GNU.sparse.")) values.delete(key);
    else values.set(key, value);
  }
  const number = (key: string, fallback: number, least: number, most: number): number => {
    const value = values.get(key);
    const found = value === undefined ? fallback : paxNumber(value);
    if (found === undefined || found < least || found > most) throw tarInvalid(offset, `the ${key} is out of range`);
    return found;
  };
  header.size = number("size", header.size, 0, Number.MAX_SAFE_INTEGER);
  header.major = number("SCHILY.devmajor", header.major, 0, ID_MAX);
  header.minor = number("SCHILY.devminor", header.minor, 0, ID_MAX);
  const base: EntryBase = {
    path: "",
    mode: header.mode,
    uid: number("uid", header.uid, 0, ID_MAX),
    gid: number("gid", header.gid, 0, ID_MAX),
    mtimeSeconds: number("mtime", header.mtimeSeconds, -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    // fromEntries defines, so that an attribute called __proto__ is one like any other.
    ...(xattrs.length > 0 ? { xattrs: Object.fromEntries(xattrs) } : {}),
  };
  return { base, values };
}

/** The map of a sparse member, and how much of its content the map itself took. */
async function sparseOf(
  input: TarInput,
  member: Member,
): Promise<{ map: SparseMap; name?: Bytes | undefined } | undefined> {
  const { header, block, offset, records } = member;
  if (header.type === "S") {
    const stretches: Stretch[] = oldGnuPairs(block, 386, 4, offset);
    let more = block[482] !== 0;
    // The size of the header counts the data only, not these blocks.
    while (more) {
      const extension = await input.read(BLOCK);
      if (extension.length < BLOCK) throw tarInvalid(input.position, "the archive ends in the map of a sparse file");
      stretches.push(...oldGnuPairs(extension, 0, 21, offset));
      if (stretches.length > 500_000) throw tarInvalid(offset, "a sparse file has an endless map");
      more = extension[504] !== 0;
    }
    const sizeBytes = tarNumber(block, 483, 12, offset, "size");
    return { map: checkSparse({ stretches, sizeBytes }, header.size, offset) };
  }
  const pax = paxSparse(records, offset);
  if (!pax) return undefined;
  let stored = header.size;
  let { stretches } = pax;
  if (!stretches) {
    const leading = await leadingMap((count) => input.read(count), stored, offset);
    stretches = leading.stretches;
    stored -= leading.bytes;
  }
  return { map: checkSparse({ stretches, sizeBytes: pax.sizeBytes }, stored, offset), name: pax.name };
}

/** A member as an entry, and where the next header begins. */
async function entryOf(input: TarInput, member: Member): Promise<{ entry: TreeEntry; end: number }> {
  const { header, offset } = member;
  const { base, values } = applyRecords(member);
  let name = values.get("path") ?? member.name;
  const type = header.type === "D" ? "5" : header.type;
  const folderName = name[name.length - 1] === 0x2f;
  switch (type) {
    case "0":
    case "7":
    case "S": {
      if (folderName && type !== "S" && header.size === 0) break; // v7 has no type for folders
      const sparse = type === "7" ? undefined : await sparseOf(input, member);
      name = sparse?.name ?? name;
      const path = safePath(name, offset, "a file name");
      if (path === "") throw new PvError("TAR_PATH_UNSAFE", "a file has no name", { path: decodePath(name) });
      const stored = sparse ? sparse.map.stretches.reduce((sum, { length }) => sum + length, 0) : header.size;
      const end = input.position + padded(stored);
      const body = input.body(stored, path);
      const map = sparse?.map;
      return {
        entry: {
          ...base,
          path,
          kind: "file",
          sizeBytes: map ? map.sizeBytes : header.size,
          open: () => toStream(map ? fillHoles(map, body()) : body()),
        },
        end,
      };
    }
  }
  const path = safePath(name, offset, "a name");
  // Only files have content, whatever the size field of another kind says (GNU tar, Go and Python agree).
  const end = input.position + (header.type === "D" ? padded(header.size) : 0);
  const link = values.get("linkpath") ?? member.link;
  const named = (entry: TreeEntry): { entry: TreeEntry; end: number } => {
    if (path === "" && entry.kind !== "directory")
      throw new PvError("TAR_PATH_UNSAFE", "a member has no name", { path: decodePath(name) });
    return { entry, end };
  };
  switch (type) {
    case "0":
    case "7":
    case "5":
      return named({ ...base, path, kind: "directory" });
    case "1":
      return named({ ...base, path, kind: "hardlink", target: safePath(link, offset, "the target of a hard link") });
    case "2":
      if (link.length === 0 || link.includes(0)) throw tarInvalid(offset, "a symbolic link without target", path);
      return named({ ...base, path, kind: "symlink", target: decodePath(link) });
    case "3":
    case "4":
      return named({ ...base, path, kind: type === "3" ? "char" : "block", major: header.major, minor: header.minor });
    case "6":
      return named({ ...base, path, kind: "fifo" });
    default:
      throw tarInvalid(offset, `a member of unknown type ${JSON.stringify(type)}`, path);
  }
}

async function* entries(content: TarContent, limits: Limits): AsyncGenerator<TreeEntry, void, void> {
  const counter = limitCounter(limits);
  const input = await content.open();
  const globals = new Map<string, Bytes>();
  /** Every path so far, and whether it is a folder. */
  const known = new Map<string, boolean>();
  try {
    for (let member = await nextMember(input, globals); member; member = await nextMember(input, globals)) {
      const { entry, end } = await entryOf(input, member);
      for (const above of ancestors(entry.path)) {
        const isFolder = known.get(above);
        if (isFolder) continue;
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
 * @throws {@link PvError} `TAR_INVALID` when the content is no tar, is damaged or ends too early.
 * @throws {@link PvError} `TAR_PATH_UNSAFE` when a name or the target of a hard link is absolute or leaves the tree.
 * @throws {@link PvError} `TREE_INVALID` when a member lies below something that is no folder.
 * @throws {@link PvError} `TREE_CONSUMED` when a stream is read twice, or a content after its turn.
 * @throws {@link PvError} `LIMIT_EXCEEDED` when there is more than the limits allow.
 * @throws {@link PvError} `CONTENT_CORRUPT` when compressed content does not decompress.
 * @throws {@link PvError} `CONTENT_TRUNCATED` when compressed content ends too early.
 * @throws {@link PvError} `CODEC_MISSING` when this runtime cannot decompress the content.
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
  const opened = tarContent(content, limits);
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
      yield* entries(opened, limits);
    },
  };
  return opened.replayable ? tree : markOnce(tree);
}
