import { type ByteSource, type Bytes, type Content, PvError } from "../core/index.ts";
import { contentChunks, type NativeFiles, nativeProcess, toStream, utf8 } from "../core/internal.ts";
import type { TreeEntry } from "../tree/index.ts";

/** Reads up to this long are done at once: a turn of the thread pool costs more. */
const SHORT_BYTES = 65_536;

const hints: Readonly<Record<string, string>> = {
  ENOENT: "it is not there",
  EACCES: "it may not be read or written",
  EPERM: "it may not be changed",
  ENOSPC: "the disk is full",
  EXDEV: "it is on another file system",
  EISDIR: "it is a folder",
};

/** The system's code of an error. */
export function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? "unknown");
}

/** Runs what touches one file; what the system refuses becomes `FILE_FAILED`. */
export async function onFile<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof PvError || typeof (cause as { code?: unknown }).code !== "string") throw cause;
    const reason = codeOf(cause);
    throw new PvError("FILE_FAILED", `${path} failed: ${reason}`, { path, reason }, { hint: hints[reason], cause });
  }
}

/** Fills a buffer from a file's position; fewer bytes only at its end. */
async function readFully(fs: NativeFiles, file: number, bytes: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    const left = bytes.length - done;
    const count =
      left <= SHORT_BYTES
        ? fs.readSync(file, bytes, done, left, position + done)
        : await new Promise<number>((resolve, reject) => {
            fs.read(file, bytes, done, left, position + done, (error, n) => (error ? reject(error) : resolve(n)));
          });
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** A file's bytes into a buffer from its start: their number, or a larger one where they do not fit. */
export async function readInto(fs: NativeFiles, path: string, buffer: Uint8Array): Promise<number> {
  const file = fs.openSync(path, "r");
  try {
    const { size } = fs.fstatSync(file);
    if (size > buffer.length) return size;
    const found = await readFully(fs, file, buffer.subarray(0, size), 0);
    // One that grows meanwhile is as long as it was.
    return found;
  } finally {
    fs.closeSync(file);
  }
}

/** A file opened by its first read. While one piece is looked at, the next is read already. */
export function fileReader(fs: NativeFiles, path: string): ByteSource {
  let opened: number | undefined;
  let size = 0;
  let ahead: { offset: number; length: number; bytes: Promise<Bytes> } | undefined;

  function open(): number {
    if (opened === undefined) {
      opened = fs.openSync(path, "r");
      size = fs.fstatSync(opened).size;
    }
    return opened;
  }
  async function piece(offset: number, length: number): Promise<Bytes> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
    return bytes.subarray(0, await readFully(fs, open(), bytes, offset));
  }
  return {
    size: () =>
      onFile(path, () => {
        open();
        return size;
      }),
    read: (offset, length) =>
      onFile(path, async () => {
        open();
        const held = ahead?.offset === offset && ahead.length === length ? ahead.bytes : undefined;
        if (!held) await ahead?.bytes.catch(() => {});
        ahead = undefined;
        const bytes = await (held ?? piece(offset, length));
        const next = offset + length;
        if (length > SHORT_BYTES && next < size) {
          ahead = { offset: next, length: Math.min(length, size - next), bytes: piece(next, length) };
          ahead.bytes.catch(() => {});
        }
        return bytes;
      }),
    async close() {
      const file = opened;
      opened = undefined;
      await ahead?.bytes.catch(() => {});
      ahead = undefined;
      if (file !== undefined) fs.closeSync(file);
    },
  };
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

const TEMPORARY = /^\.pvsdk-(\d+)-\d+\.tmp$/;
let number = 0;

/** A name for new content until it is whole; short, since the file's own name may be as long as names may be. */
export function temporaryName(): string {
  return `.pvsdk-${nativeProcess()?.pid ?? 0}-${++number}.tmp`;
}

function temporaryBeside(path: string): string {
  return `${parentOf(path)}/${temporaryName()}`;
}

/** True for the name of a file that is being written; false for a file of its own. */
export function isTemporary(name: string): boolean {
  return TEMPORARY.test(name);
}

/** True for what a process that is gone has left. */
export function isStale(name: string): boolean {
  const pid = Number(TEMPORARY.exec(name)?.[1]);
  return pid > 0 && nativeProcess()?.isAlive(pid) === false;
}

async function fill(fs: NativeFiles, path: string, content: Content | string, durable: boolean): Promise<void> {
  const file = await fs.promises.open(path, "wx", 0o666);
  try {
    let position = 0;
    const chunks =
      typeof content === "string" || content instanceof Uint8Array
        ? [typeof content === "string" ? utf8(content) : content]
        : contentChunks(content);
    for await (const bytes of chunks as AsyncIterable<Bytes>) {
      for (let done = 0; done < bytes.length; )
        done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
      position += bytes.length;
    }
    if (durable) await file.datasync();
  } finally {
    await file.close();
  }
}

/** Beside its place, renamed: whole or not at all. A symlink in its place is replaced, never written through. */
export async function writeWhole(
  fs: NativeFiles,
  path: string,
  content: Content | string,
  durable: boolean,
): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    try {
      await fill(fs, temporary, content, durable);
    } catch (error) {
      if (codeOf(error) !== "ENOENT" || (typeof content !== "string" && !(content instanceof Uint8Array))) throw error;
      await fs.promises.mkdir(parentOf(path), { recursive: true });
      await fill(fs, temporary, content, durable);
    }
    await fs.promises.rename(temporary, path);
  } catch (error) {
    await fs.promises.unlink(temporary).catch(() => {});
    throw error;
  }
}

/** Makes the folder of a file that is going to be streamed: its content cannot be begun again. */
export async function makeParent(fs: NativeFiles, path: string): Promise<void> {
  await fs.promises.mkdir(parentOf(path), { recursive: true });
}

/** Of a link only its target's kind matters here: a file's content counts, a folder is not entered. */
function targetKind(fs: NativeFiles, path: string): string {
  try {
    const target = fs.statSync(path);
    return target.isFile() ? "file" : target.isDirectory() ? "directory" : "";
  } catch {
    return "";
  }
}

/** Names in a folder; none where there is no folder. */
export function namesIn(fs: NativeFiles, path: string): string[] {
  try {
    return fs.readdirSync(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return [];
    throw error;
  }
}

/** What is in a folder, in the order of the names' code units; none where there is no folder. */
export function listFolder(fs: NativeFiles, path: string, name: string): readonly TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (const child of namesIn(fs, path).sort()) {
    const full = `${path}/${child}`;
    let found: ReturnType<NativeFiles["lstatSync"]>;
    try {
      found = fs.lstatSync(full);
    } catch {
      if (!child.includes("\ufffd")) continue; // gone meanwhile
      throw new PvError(
        "PATH_UNSAFE",
        `the name of ${full} is not UTF-8`,
        { path: full },
        { hint: "rename it: no state can name it" },
      );
    }
    const base = {
      path: name === "" ? child : `${name}/${child}`,
      mode: found.mode & 0o7777,
      uid: found.uid,
      gid: found.gid,
      mtimeSeconds: Math.floor(found.mtimeMs / 1000),
    };
    if (found.isDirectory()) entries.push({ ...base, kind: "directory" });
    else if (found.isSymbolicLink()) entries.push({ ...base, kind: "symlink", target: targetKind(fs, full) });
    else if (found.isFile()) {
      const open = (): ReturnType<typeof toStream> => toStream(contentChunks(fileReader(fs, full)));
      entries.push({ ...base, kind: "file", sizeBytes: found.size, open });
    } else entries.push({ ...base, kind: "fifo" });
  }
  return entries;
}

/** Removes a file or an empty folder; an absent one is no error. */
export async function removeOne(fs: NativeFiles, path: string): Promise<void> {
  try {
    const found = await fs.promises.lstat(path);
    await (found.isDirectory() ? fs.promises.rmdir(path) : fs.promises.unlink(path));
  } catch (error) {
    if (codeOf(error) !== "ENOENT" && codeOf(error) !== "ENOTDIR") throw error;
  }
}

/** Another name for a file, in the place of what was there. */
export async function linkOver(fs: NativeFiles, from: string, to: string): Promise<void> {
  await makeParent(fs, to);
  const temporary = temporaryBeside(to);
  await fs.promises.link(from, temporary);
  await fs.promises.rename(temporary, to);
  // Where `to` was the same file already, rename does nothing and leaves the other name.
  await fs.promises.unlink(temporary).catch(() => {});
}

/** The file appears with its content, unless it is there. */
export async function createNew(fs: NativeFiles, path: string, content: string): Promise<boolean> {
  const temporary = temporaryBeside(path);
  await makeParent(fs, path);
  await fill(fs, temporary, content, false);
  try {
    await fs.promises.link(temporary, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    await fs.promises.unlink(temporary).catch(() => {});
  }
}

/** Makes the renames in a folder outlast a power cut, where folders can be synced. */
export async function syncFolder(fs: NativeFiles, path: string): Promise<void> {
  const folder = await fs.promises.open(path, "r").catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}
