import { type Bytes, decodePath, PvError } from "../core/index.ts";
import { type DirectOpen, type DirectReader, directRead, noBytes, toStream } from "../core/internal.ts";
import { BLOCK, tarInvalid, tarNumber } from "./tar-header.ts";
import type { TarBody, TarInput } from "./tar-input.ts";
import { type Member, padded } from "./tar-member.ts";
import { paxNumber, paxXattr } from "./tar-pax.ts";
import {
  checkSparse,
  fillHoles,
  leadingMap,
  oldGnuPairs,
  paxSparse,
  type SparseMap,
  type Stretch,
} from "./tar-sparse.ts";
import { cleanPath } from "./tree-path.ts";
import type { EntryBase, TreeEntry } from "./types.ts";

const PATH_MAX_BYTES = 65_536;
const ID_MAX = 2 ** 32 - 1;

function safePath(bytes: Bytes, offset: number, what: string, rooted: boolean): string {
  if (bytes.length > PATH_MAX_BYTES) throw tarInvalid(offset, `${what} of ${bytes.length} bytes`);
  const text = rooted ? decodePath(bytes).replace(/^\/+/, "") : decodePath(bytes);
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

/** An entry, and where the next header begins. */
export interface Placed {
  entry: TreeEntry;
  end: number;
}

/** Pieces as they come, put where they are wanted: without a stream between. */
function pieces(body: AsyncGenerator<Bytes, void, void>): DirectReader {
  let rest: Bytes = noBytes;
  return {
    async read(into) {
      let done = 0;
      while (done < into.length) {
        if (rest.length === 0) {
          const next = await body.next();
          if (next.done) break;
          rest = next.value;
        }
        const part = rest.subarray(0, into.length - done);
        into.set(part, done);
        done += part.length;
        rest = rest.subarray(part.length);
      }
      return done;
    },
    close: async () => void (await body.return()),
  };
}

/** By itself, so that the entry's `open` holds on to nothing of the archive. */
function fileEntry(base: EntryBase, path: string, map: SparseMap | undefined, size: number, body: TarBody): TreeEntry {
  const open: DirectOpen = map ? () => toStream(fillHoles(map, body())) : () => toStream(body());
  if (!map) open[directRead] = body.direct ?? (() => pieces(body()));
  return { ...base, path, kind: "file", sizeBytes: map ? map.sizeBytes : size, open };
}

async function fileOf(
  input: TarInput,
  member: Member,
  base: EntryBase,
  header: Bytes,
  rooted: boolean,
): Promise<Placed> {
  const { offset } = member;
  const { size, type } = member.header;
  const sparse = type === "7" ? undefined : await sparseOf(input, member);
  const name = sparse?.name ?? header;
  const path = safePath(name, offset, "a file name", rooted);
  if (path === "") throw new PvError("TAR_PATH_UNSAFE", "a file has no name", { path: decodePath(name) });
  const stored = sparse ? sparse.map.stretches.reduce((sum, { length }) => sum + length, 0) : size;
  const end = input.position + padded(stored);
  return { entry: fileEntry(base, path, sparse?.map, size, input.body(stored, path)), end };
}

/** A member as an entry; `rooted` takes absolute names as names below the root. */
export async function entryOf(input: TarInput, member: Member, rooted: boolean): Promise<Placed> {
  const { header, offset } = member;
  const { base, values } = applyRecords(member);
  const name = values.get("path") ?? member.name;
  const folderName = name[name.length - 1] === 0x2f;
  // v7 has no type for folders; a dump's list of a folder is content.
  const isFolder =
    header.type === "5" || header.type === "D" || (/[07]/.test(header.type) && folderName && header.size === 0);
  if (!isFolder && /[07S]/.test(header.type)) return fileOf(input, member, base, name, rooted);
  const path = safePath(name, offset, "a name", rooted);
  if (path === "" && !isFolder)
    throw new PvError("TAR_PATH_UNSAFE", "a member has no name", { path: decodePath(name) });
  // Only files have content, whatever the size field of another kind says (GNU tar, Go and Python agree).
  const end = input.position + (header.type === "D" ? padded(header.size) : 0);
  if (isFolder) return { entry: { ...base, path, kind: "directory" }, end };
  const link = values.get("linkpath") ?? member.link;
  const { major, minor } = header;
  switch (header.type) {
    case "1": {
      const target = safePath(link, offset, "the target of a hard link", rooted);
      return { entry: { ...base, path, kind: "hardlink", target }, end };
    }
    case "2":
      if (link.length === 0 || link.includes(0)) throw tarInvalid(offset, "a symbolic link without target", path);
      return { entry: { ...base, path, kind: "symlink", target: decodePath(link) }, end };
    case "3":
      return { entry: { ...base, path, kind: "char", major, minor }, end };
    case "4":
      return { entry: { ...base, path, kind: "block", major, minor }, end };
    case "6":
      return { entry: { ...base, path, kind: "fifo" }, end };
    default:
      throw tarInvalid(offset, `a member of unknown type ${JSON.stringify(header.type)}`, path);
  }
}
