import {
  type ByteSource,
  type Bytes,
  type Content,
  contentChunks,
  type NativeFile,
  type NativeFiles,
  nativeFiles,
  nativeProcess,
  PvError,
  toStream,
  utf8,
} from "../core/index.ts";
import type { TreeEntry } from "../tree/index.ts";
import type { Folder } from "./types.ts";

const hints: Readonly<Record<string, string>> = {
  ENOENT: "it is not there",
  EACCES: "it may not be read or written",
  EPERM: "it may not be changed",
  ENOSPC: "the disk is full",
  EXDEV: "it is on another file system",
};

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? "unknown");
}

async function onFile<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof PvError || typeof (cause as { code?: unknown }).code !== "string") throw cause;
    const reason = codeOf(cause);
    throw new PvError("FILE_FAILED", `${path} failed: ${reason}`, { path, reason }, { hint: hints[reason], cause });
  }
}

/** No path may leave the folder: they come from states, which come from anywhere. */
export function checkPath(path: string): string {
  const parts = path.split("/");
  if (
    path !== "" &&
    (path.startsWith("/") || path.includes("\0") || parts.some((part) => part === "" || part === "." || part === ".."))
  ) {
    throw new PvError("PATH_UNSAFE", `${JSON.stringify(path)} is no path within a folder`, { path });
  }
  return path;
}

function join(folder: string, path: string): string {
  return path === "" ? folder : `${folder.replace(/\/+$/, "")}/${path}`;
}

/**
 * A folder of the runtime's own file system.
 *
 * @throws {@link PvError} `PATH_UNSAFE` for a path that would leave it, `FILE_FAILED` for what the system refuses.
 */
export function runtimeFolder(path: string): Folder {
  const fs = nativeFiles();
  if (!fs) throw new TypeError("this runtime has no files: give a Folder instead of a path");
  const root = absolute(path);
  const at = (name: string): string => join(root, checkPath(name));
  return {
    root,
    read: (name) => fileReader(fs, at(name)),
    write: (name, content) => onFile(at(name), () => writeWhole(fs, at(name), content)),
    list: (name) => onFile(at(name), () => listFolder(fs, at(name), name)),
    rename: (from, to) => onFile(at(from), () => fs.rename(at(from), at(to))),
    remove: (name) => onFile(at(name), () => removeOne(fs, at(name))),
    link: (from, to) =>
      onFile(at(to), () => linkOver(fs, from.startsWith("/") ? from : normalize(`${root}/${from}`), at(to))),
    create: (name, content) => onFile(at(name), () => createNew(fs, at(name), content)),
    setMode: (name, mode) => onFile(at(name), () => fs.chmod(at(name), mode)),
    at: (other) => runtimeFolder(other.startsWith("/") ? other : normalize(`${root}/${other}`)),
  };
}

/** An absolute path without `.` and `..`. */
export function absolute(path: string): string {
  return normalize(
    path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path) ? path : `${nativeProcess()?.cwd() ?? ""}/${path}`,
  );
}

function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `${path.startsWith("/") ? "/" : ""}${parts.join("/")}`;
}

function fileReader(fs: NativeFiles, path: string): ByteSource {
  let opened: Promise<NativeFile> | undefined;
  const open = (): Promise<NativeFile> => (opened ??= onFile(path, () => fs.open(path, "r")));
  return {
    size: async () => (await onFile(path, async () => (await open()).stat())).size,
    async read(offset, length) {
      const file = await open();
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await onFile(path, () => file.read(bytes, done, length - done, offset + done));
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return bytes.subarray(0, done);
    },
    async close() {
      const file = opened;
      opened = undefined;
      await (await file?.catch(() => undefined))?.close();
    },
  };
}

async function writeAll(file: NativeFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

/** Beside its place, synced, renamed: whole or not at all. A symlink in its place is replaced, never written through. */
async function writeWhole(fs: NativeFiles, path: string, content: Content | string): Promise<void> {
  await fs.mkdir(parentOf(path), { recursive: true });
  const temporary = `${path}.new`;
  await fs.unlink(temporary).catch(() => {});
  const file = await fs.open(temporary, "wx", 0o666);
  try {
    let position = 0;
    const chunks = typeof content === "string" ? [utf8(content)] : contentChunks(content);
    for await (const bytes of chunks as AsyncIterable<Bytes>) {
      await writeAll(file, bytes, position);
      position += bytes.length;
    }
    await file.sync();
    await file.close();
    await fs.rename(temporary, path);
  } catch (error) {
    await file.close().catch(() => {});
    await fs.unlink(temporary).catch(() => {});
    throw error;
  }
}

async function listFolder(fs: NativeFiles, path: string, name: string): Promise<readonly TreeEntry[]> {
  let names: string[];
  try {
    names = await fs.readdir(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return [];
    throw error;
  }
  const entries: TreeEntry[] = [];
  for (const child of names.toSorted((a, b) => (a < b ? -1 : 1))) {
    const full = join(path, child);
    const found = await fs.lstat(full).catch(() => undefined);
    if (!found) continue;
    const base = {
      path: name === "" ? child : `${name}/${child}`,
      mode: found.mode & 0o7777,
      uid: found.uid,
      gid: found.gid,
      mtimeSeconds: Math.floor(found.mtimeMs / 1000),
    };
    if (found.isDirectory()) entries.push({ ...base, kind: "directory" });
    else if (found.isSymbolicLink()) {
      // Of a link only its target's kind matters here: a file's content counts, a folder is not entered.
      const target = await fs.stat(full).catch(() => undefined);
      entries.push({
        ...base,
        kind: "symlink",
        target: target?.isFile() ? "file" : target?.isDirectory() ? "directory" : "",
      });
    } else if (found.isFile()) {
      entries.push({
        ...base,
        kind: "file",
        sizeBytes: found.size,
        open: () => toStream(contentChunks(fileReader(fs, full))),
      });
    } else entries.push({ ...base, kind: "fifo" });
  }
  return entries;
}

async function removeOne(fs: NativeFiles, path: string): Promise<void> {
  try {
    const found = await fs.lstat(path);
    await (found.isDirectory() ? fs.rmdir(path) : fs.unlink(path));
  } catch (error) {
    if (codeOf(error) !== "ENOENT" && codeOf(error) !== "ENOTDIR") throw error;
  }
}

async function linkOver(fs: NativeFiles, from: string, to: string): Promise<void> {
  await fs.mkdir(parentOf(to), { recursive: true });
  const temporary = `${to}.new`;
  await fs.unlink(temporary).catch(() => {});
  await fs.link(from, temporary);
  await fs.rename(temporary, to);
  // Where `to` was the same file already, rename does nothing and leaves the other name.
  await fs.unlink(temporary).catch(() => {});
}

/** The file appears with its content: a lock that is there says at once whose it is. */
async function createNew(fs: NativeFiles, path: string, content: string): Promise<boolean> {
  const temporary = `${path}.${nativeProcess()?.pid ?? 0}`;
  await writeWhole(fs, temporary, content);
  try {
    await fs.link(temporary, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    await fs.unlink(temporary).catch(() => {});
  }
}
