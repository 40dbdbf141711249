import { type ByteStream, type Bytes, encodePath, type Job, PvError } from "../core/index.ts";
import { concatBytes, contentChunks, progressReporter, toStream, utf8 } from "../core/internal.ts";
import { BLOCK, sealHeader } from "./tar-header.ts";
import { formatPax } from "./tar-pax.ts";
import { cleanPath } from "./tree-path.ts";
import type { Tree, TreeEntry } from "./types.ts";

/** What the octal fields hold; beyond, a pax record says the number. */
const ID_MAX = 0o7777777;
const SIZE_MAX = 0o77777777777;
/** Headers and small files go out together. */
const FLUSH_BYTES = 256 * 1024;

const types: Readonly<Record<TreeEntry["kind"], string | undefined>> = {
  file: "0",
  hardlink: "1",
  symlink: "2",
  char: "3",
  block: "4",
  directory: "5",
  fifo: "6",
  socket: undefined,
};

/** Digits, zeros in front, and a NUL. */
function octal(block: Bytes, at: number, length: number, value: number): void {
  let rest = value;
  for (let digit = at + length - 2; digit >= at; digit--) {
    block[digit] = 0x30 + (rest % 8);
    rest = Math.floor(rest / 8);
  }
}

const MAGIC = /* @__PURE__ */ utf8("ustar\x0000");

/** Name and prefix as ustar splits a long path at a slash; undefined where no split fits. */
function splitName(path: Bytes): readonly [name: Bytes, prefix: Bytes] | undefined {
  if (path.length <= 100) return [path, new Uint8Array(0)];
  if (path.length > 256) return undefined;
  // The last slash that leaves at most 155 bytes before it; the name behind it may not be empty.
  for (let at = Math.min(155, path.length - 2); at > 0; at--) {
    if (path[at] === 0x2f)
      return path.length - at - 1 <= 100 ? [path.subarray(at + 1), path.subarray(0, at)] : undefined;
  }
  return undefined;
}

/** UTF-8 beyond ASCII goes into a pax record, which has a character set; other bytes have none and fit the header. */
function needsRecord(text: string, bytes: Bytes): boolean {
  return bytes.some((byte) => byte >= 0x80) && !notUtf8(text);
}

function notUtf8(text: string): boolean {
  return /[\udc80-\udcff]/.test(text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, ""));
}

function whole(value: number, least: number, what: string, path: string): number {
  if (!Number.isSafeInteger(value) || value < least)
    throw new PvError("TREE_INVALID", `${path || "/"}: ${what} ${value} cannot be written to a tar`, { path });
  return value;
}

function safe(path: string, what: string): string {
  const clean = cleanPath(path);
  if (clean === undefined || clean !== path)
    throw new PvError("PATH_UNSAFE", `${what} is no clean relative path`, { path });
  return path;
}

/** The extended header, where one is needed, and the header of an entry. */
function headerOf(entry: TreeEntry): Bytes {
  const path = safe(entry.path, "an entry's path");
  const type = types[entry.kind];
  if (type === undefined)
    throw new PvError("TREE_INVALID", "a tar cannot hold a socket", { path }, { hint: "drop it with mapTree" });
  const folder = entry.kind === "directory";
  const name = encodePath(path === "" ? "./" : folder ? `${path}/` : path);
  const link =
    "target" in entry
      ? encodePath(entry.kind === "hardlink" ? safe(entry.target, "the target of a hard link") : entry.target)
      : new Uint8Array(0);
  if (link.includes(0)) throw new PvError("TREE_INVALID", `${path}: a link holds a NUL`, { path });
  const size = entry.kind === "file" ? whole(entry.sizeBytes, 0, "size", path) : 0;
  const uid = whole(entry.uid, 0, "owner", path);
  const gid = whole(entry.gid, 0, "group", path);
  const mtime = Math.floor(entry.mtimeSeconds);
  whole(mtime, -Number.MAX_SAFE_INTEGER, "time", path);
  const major = "major" in entry ? whole(entry.major, 0, "device", path) : 0;
  const minor = "minor" in entry ? whole(entry.minor, 0, "device", path) : 0;

  const records: [string, Bytes][] = [];
  const record = (key: string, value: Bytes | number): void => {
    records.push([key, typeof value === "number" ? utf8(String(value)) : value]);
  };
  const split = splitName(name);
  const target = "target" in entry ? entry.target : "";
  // Without it libarchive takes pax values for UTF-8 and loses what is not.
  if ((!split && notUtf8(path)) || (link.length > 100 && notUtf8(target))) record("hdrcharset", utf8("BINARY"));
  if (!split || needsRecord(path, name)) record("path", name);
  if (link.length > 100 || needsRecord(target, link)) record("linkpath", link);
  if (size > SIZE_MAX) record("size", size);
  if (uid > ID_MAX) record("uid", uid);
  if (gid > ID_MAX) record("gid", gid);
  if (mtime < 0 || mtime > SIZE_MAX) record("mtime", mtime);
  if (major > ID_MAX) record("SCHILY.devmajor", major);
  if (minor > ID_MAX) record("SCHILY.devminor", minor);
  for (const key of Object.keys(entry.xattrs ?? {}).toSorted()) {
    const escaped = key.replace(/%(?=3D|25)|=/g, (found) => (found === "%" ? "%25" : "%3D"));
    records.push([`SCHILY.xattr.${escaped}`, new Uint8Array(entry.xattrs![key]!)]);
  }

  const header = (shownType: string, shown: readonly [Bytes, Bytes], shownSize: number, meta: boolean): Bytes => {
    const block = new Uint8Array(BLOCK);
    block.set(shown[0].subarray(0, 100));
    octal(block, 100, 8, meta ? 0o644 : entry.mode & 0o7777);
    octal(block, 108, 8, meta || uid > ID_MAX ? 0 : uid);
    octal(block, 116, 8, meta || gid > ID_MAX ? 0 : gid);
    octal(block, 124, 12, shownSize > SIZE_MAX ? 0 : shownSize);
    octal(block, 136, 12, meta || mtime < 0 || mtime > SIZE_MAX ? 0 : mtime);
    block[156] = shownType.charCodeAt(0);
    if (!meta) block.set(link.subarray(0, 100), 157);
    block.set(MAGIC, 257);
    octal(block, 329, 8, meta || major > ID_MAX ? 0 : major);
    octal(block, 337, 8, meta || minor > ID_MAX ? 0 : minor);
    block.set(shown[1], 345);
    return sealHeader(block);
  };
  const own = header(type, split ?? [name, new Uint8Array(0)], size, false);
  if (records.length === 0) return own;
  const body = formatPax(records);
  const padding = new Uint8Array(-body.length & (BLOCK - 1));
  return concatBytes([header("x", [utf8("PaxHeader"), new Uint8Array(0)], body.length, true), body, padding, own]);
}

async function* members(tree: Tree, options: Job): AsyncGenerator<Bytes, void, void> {
  const { signal } = options;
  const progress = progressReporter(options, { task: "export", subject: "tar", unit: "bytes" });
  for await (const entry of tree) {
    signal?.throwIfAborted();
    yield headerOf(entry);
    if (entry.kind !== "file") continue;
    let left = entry.sizeBytes;
    const wrong = (actual: number): PvError =>
      new PvError("CONTENT_TRUNCATED", `${entry.path} is not as long as its entry says`, {
        expected: entry.sizeBytes,
        actual,
      });
    if (left > 0) {
      for await (const bytes of contentChunks(entry.open(), { signal })) {
        left -= bytes.length;
        if (left < 0) throw wrong(entry.sizeBytes - left);
        progress.add(bytes.length);
        yield bytes;
      }
    }
    if (left > 0) throw wrong(entry.sizeBytes - left);
    if (entry.sizeBytes % BLOCK !== 0) yield new Uint8Array(BLOCK - (entry.sizeBytes % BLOCK));
  }
  yield new Uint8Array(BLOCK * 2);
  progress.finish();
}

/** Puts small pieces together, so that a stream of headers does not cost a turn of the event loop for each. */
async function* gathered(chunks: AsyncIterable<Bytes>): AsyncGenerator<Bytes, void, void> {
  let parts: Bytes[] = [];
  let length = 0;
  for await (const bytes of chunks) {
    const large = bytes.length >= FLUSH_BYTES / 4;
    if (!large) {
      parts.push(bytes);
      length += bytes.length;
    }
    if (length > 0 && (large || length >= FLUSH_BYTES)) {
      yield concatBytes(parts);
      parts = [];
      length = 0;
    }
    if (large) yield bytes;
  }
  if (length > 0) yield concatBytes(parts);
}

/**
 * A tree as a tar, in the tree's own order. The same tree gives the same bytes: ustar headers, and a pax header only
 * where something does not fit one (long or non-ASCII names, large numbers, xattrs); no names of owners, no clock.
 * Contents are read as the stream is.
 *
 * The stream fails with a `PvError`: `CONTENT_TRUNCATED` when a file is shorter or longer than its entry says,
 * `PATH_UNSAFE` when a path is absolute or leaves the tree, `TREE_INVALID` when an entry cannot be put into a tar.
 *
 * @example
 * ```ts
 * import { files, readBytes, writeTar } from "@pv/sdk";
 * const archive = await readBytes(writeTar(files({ hello: "world" })));
 * if (archive.length !== 512 + 512 + 1024) throw new Error(`${archive.length} bytes`);
 * ```
 */
export function writeTar(tree: Tree, options: Job = {}): ByteStream {
  return toStream(gathered(members(tree, options)));
}
