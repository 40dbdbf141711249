import { constants, type Stats } from "node:fs";
import {
  chmod,
  type FileHandle,
  lchown,
  link,
  lstat,
  lutimes,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  symlink,
  unlink,
} from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { type Job, PvError } from "../core/index.ts";
import { contentChunks, isZero, progressReporter } from "../core/internal.ts";
import type { FileEntry, Tree, TreeEntry } from "../tree/index.ts";
import { cleanPath } from "../tree/internal.ts";
import { errnoOf, onFile } from "./file-error.ts";
import { writeFully } from "./file-handle.ts";
import { makeFolders } from "./make-folders.ts";
import { makeSpecial, setXattrs } from "./special-file.ts";
import { type SystemPath, systemPath } from "./system-path.ts";

/** Where the tree goes, and what is known of it. */
interface Target {
  /** Absolute; while a new folder is filled, its temporary name. */
  folder: string;
  /** As the caller knows it, for messages. */
  shown: string;
  /** Folders that were looked at, so that nothing is written through a link; true for those that were made here. */
  folders: Map<string, boolean>;
  /** Attributes of folders, set at the end: what is put into a folder changes its time, and its mode may forbid it. */
  last: Map<string, TreeEntry>;
  root: boolean;
  job: Job;
}

function at(target: Target, path: string): SystemPath {
  return systemPath(path === "" ? target.folder : `${target.folder}/${path}`);
}

function shownPath(target: Target, path: string): string {
  return path === "" ? target.shown : `${target.shown}/${path}`;
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

async function statOf(path: SystemPath, shown: string): Promise<Stats | undefined> {
  return onFile(shown, () =>
    lstat(path).catch((error: unknown) => {
      if (errnoOf(error) === "ENOENT") return undefined;
      throw error;
    }),
  );
}

/** A tree from anywhere may lie about its paths; here they meet a disk. */
function checkPath(path: string, what: string): void {
  const windows = process.platform === "win32" && /[\\:]/.test(path);
  if (cleanPath(path) === path && !windows) return;
  throw new PvError("PATH_UNSAFE", `${what} would leave its folder`, { path }, { hint: "nothing was written there" });
}

/** Makes a folder and those above it; a link or a file in its place is an error, or gives way to a folder entry. */
async function makeFolder(target: Target, path: string, replace: boolean): Promise<void> {
  if (target.folders.has(path)) return;
  if (path !== "") await makeFolder(target, folderOf(path), false);
  const full = at(target, path);
  const shown = shownPath(target, path);
  const found = await statOf(full, shown);
  if (found && !found.isDirectory()) {
    if (!replace)
      throw new PvError("PATH_UNSAFE", `${shown} is no folder, and nothing is written through it`, { path });
    await onFile(shown, () => unlink(full));
  }
  const made = !found?.isDirectory();
  if (made) await onFile(shown, () => mkdir(full, { mode: 0o755 }));
  target.folders.set(path, made);
}

/** Gives a node its owner, mode and time; in this order, because a change of owner takes set-id bits away. */
async function setAttributes(target: Target, entry: TreeEntry, path: SystemPath, shown: string): Promise<void> {
  await onFile(shown, async () => {
    if (target.root) await lchown(path, entry.uid, entry.gid);
    if (entry.kind !== "symlink") await chmod(path, entry.mode & 0o7777);
    await lutimes(path, entry.mtimeSeconds, entry.mtimeSeconds);
  });
}

async function fill(
  target: Target,
  handle: FileHandle,
  entry: FileEntry,
  shown: string,
  add: (count: number) => void,
): Promise<void> {
  let done = 0;
  const wrong = (): PvError =>
    new PvError("CONTENT_TRUNCATED", `${shown} is not as long as its entry says`, {
      expected: entry.sizeBytes,
      actual: done,
    });
  for await (const bytes of contentChunks(entry.open(), { signal: target.job.signal })) {
    if (done + bytes.length > entry.sizeBytes) throw wrong();
    // Holes stay holes.
    if (!(bytes.length >= 4096 && isZero(bytes))) await onFile(shown, () => writeFully(handle, bytes, done));
    done += bytes.length;
    add(bytes.length);
  }
  if (done !== entry.sizeBytes) throw wrong();
  await onFile(shown, () => handle.truncate(done));
}

/** Makes a node that is no folder, whole, under a temporary name. */
async function makeNode(
  target: Target,
  entry: TreeEntry,
  path: SystemPath,
  add: (count: number) => void,
): Promise<void> {
  const shown = shownPath(target, entry.path);
  if (entry.kind === "hardlink") {
    await onFile(shown, () => link(at(target, entry.target), path));
    return;
  }
  if (entry.kind === "symlink") {
    if (entry.target.includes("\0"))
      throw new PvError("PATH_UNSAFE", `${shown}: a link holds a NUL`, { path: entry.path });
    await onFile(shown, () => symlink(systemPath(entry.target), path));
  } else if (entry.kind === "file") {
    const { O_CREAT, O_EXCL, O_WRONLY } = constants;
    const handle = await onFile(shown, () => open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600));
    try {
      await fill(target, handle, entry, shown, add);
    } finally {
      await handle.close();
    }
  } else await makeSpecial(entry, path, shown);
  await setXattrs(entry, path, shown);
  await setAttributes(target, entry, path, shown);
}

let temporaries = 0;

/** A path that nothing has, of this process and this writer: neither another one's work nor a file of the user's. */
async function unused<Path extends SystemPath>(named: (name: string) => Path, shown: string): Promise<Path> {
  for (;;) {
    const path = named(`${process.pid}-${++temporaries}`);
    if (!(await statOf(path, shown))) return path;
  }
}

/** Puts a node in the place of what has its path; it is there whole or not at all. */
async function writeNode(target: Target, entry: TreeEntry, add: (count: number) => void): Promise<void> {
  const { path } = entry;
  const shown = shownPath(target, path);
  const folder = folderOf(path);
  await makeFolder(target, folder, false);
  if (entry.kind === "hardlink") {
    checkPath(entry.target, "the target of a hard link");
    if (entry.target === path) return;
    await makeFolder(target, folderOf(entry.target), false);
  }
  const temporary = await unused((name) => at(target, `${folder === "" ? "" : `${folder}/`}.pv-${name}.tmp`), shown);
  try {
    await makeNode(target, entry, temporary, add);
    if (target.folders.get(path)) await dropFolder(target, path, shown);
    await onFile(shown, () => rename(temporary, at(target, path)));
    // Renaming one name of a file over another of the same file does nothing, says POSIX.
    if (entry.kind === "hardlink") await rm(temporary, { force: true });
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** Of a path that comes twice the last one counts: a folder made here goes, with all below it. */
async function dropFolder(target: Target, path: string, shown: string): Promise<void> {
  await onFile(shown, () => rm(at(target, path), { recursive: true }));
  for (const names of [target.folders, target.last])
    for (const name of names.keys()) if (name === path || name.startsWith(`${path}/`)) names.delete(name);
}

async function fillFolder(target: Target, tree: Tree): Promise<void> {
  const { job } = target;
  const progress = progressReporter(job, { task: "read", subject: target.shown, unit: "bytes" });
  await makeFolder(target, "", false);
  for await (const entry of tree) {
    job.signal?.throwIfAborted();
    const { path } = entry;
    checkPath(path, "an entry's path");
    if (entry.kind === "directory") {
      await makeFolder(target, path, true);
      target.last.set(path, entry);
      continue;
    }
    if (path === "") throw new PvError("TREE_INVALID", "the root must be a folder", { path });
    await writeNode(target, entry, (count) => progress.add(count));
  }
  // The deepest first: the mode of a folder may forbid what is still to be done below it.
  for (const [path, entry] of [...target.last].sort(([a], [b]) => b.length - a.length)) {
    const shown = shownPath(target, path);
    await setXattrs(entry, at(target, path), shown);
    await setAttributes(target, entry, at(target, path), shown);
  }
  progress.finish();
}

/**
 * Writes a tree into a folder: every kind of file, hard links as hard links, modes and times, owners when root. A new
 * folder is filled under another name and renamed at the end, so it is there whole or not at all; an empty one is empty
 * again after a failure. Into one that holds something the tree is merged, each file whole or not at all: what has the
 * same path is replaced, the rest stays.
 *
 * Nothing is ever written outside: no path may leave the folder, and nothing is written through a symbolic link, be it
 * of the tree or there before. Device nodes and pipes are made with the system's mknod and mkfifo, extended attributes
 * set with setfattr, because Node cannot.
 *
 * @throws `PvError` `PATH_UNSAFE` when a path would leave the folder, or lies below something that is no folder.
 * @throws `PvError` `FILE_FAILED` when the system refuses (`reason` `ENOSPC`: the disk is full), or a device node,
 * socket or extended attribute cannot be written here.
 * @throws `PvError` `CONTENT_TRUNCATED` when a file is not as long as its entry says.
 * @example
 * ```ts
 * import { files } from "@pv/sdk";
 * import { writeDirectory } from "@pv/sdk/node";
 * import { mkdtemp, readFile, rm } from "node:fs/promises";
 * const folder = await mkdtemp("example-");
 * await writeDirectory(files({ "etc/hostname": "gateway\n" }), `${folder}/root`);
 * const text = await readFile(`${folder}/root/etc/hostname`, "utf8");
 * await rm(folder, { recursive: true });
 * if (text !== "gateway\n") throw new Error("not written");
 * ```
 */
export async function writeDirectory(tree: Tree, path: string, options: Job = {}): Promise<void> {
  if (typeof path !== "string") throw new TypeError("writeDirectory takes a tree first, then a path");
  const found = await onFile(path, () =>
    realpath(path).catch((error: unknown) => {
      if (errnoOf(error) === "ENOENT") return undefined;
      throw error;
    }),
  );
  const final = found ?? resolve(path);
  const temporary = await unused((name) => join(dirname(final), `.${basename(final).slice(0, 200)}.${name}.tmp`), path);
  const target: Target = {
    folder: found ? final : temporary,
    shown: path.replace(/\/+$/, "") || "/",
    folders: new Map(),
    last: new Map(),
    root: process.getuid?.() === 0,
    job: options,
  };
  if (found) {
    // A mounted file system cannot be renamed into place.
    const empty = (await onFile(path, () => readdir(final))).length === 0;
    try {
      await fillFolder(target, tree);
    } catch (error) {
      if (empty) for (const name of await readdir(final).catch(() => [])) await remove(join(final, name));
      throw error;
    }
    return;
  }
  await onFile(path, () => makeFolders(dirname(final)));
  try {
    await fillFolder(target, tree);
    await onFile(path, () => rename(temporary, final));
  } catch (error) {
    await remove(temporary);
    throw error;
  }
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => {});
}
