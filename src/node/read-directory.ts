import { closeSync, lstatSync, openSync, readlinkSync, readSync, type Stats } from "node:fs";
import { constants, open, opendir, readdir, stat } from "node:fs/promises";
import { type Bytes, decodePath, PvError } from "../core/index.ts";
import { compareBytes, type DirectOpen, type DirectReader, directRead, toStream } from "../core/internal.ts";
import type { EntryBase, FileEntry, Tree, TreeEntry } from "../tree/index.ts";
import { onFile, onFileNow } from "./file-error.ts";
import { type SystemPath, systemPath } from "./system-path.ts";

const CHUNK_BYTES = 256 * 1024;

/** A file's content, exactly as long as it was when it was listed. */
async function* content(path: SystemPath, name: string, sizeBytes: number): AsyncGenerator<Bytes, void, void> {
  const changed = (actual: number): PvError =>
    new PvError("CONTENT_TRUNCATED", `${name} changed while it was read: ${actual} bytes instead of ${sizeBytes}`, {
      expected: sizeBytes,
      actual,
    });
  // Not through a link that took the file's place since it was listed.
  const handle = await onFile(name, () => open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)));
  try {
    for (let at = 0; at < sizeBytes; ) {
      const bytes = new Uint8Array(Math.min(CHUNK_BYTES, sizeBytes - at));
      const { bytesRead } = await onFile(name, () => handle.read(bytes, 0, bytes.length, at));
      if (bytesRead === 0) throw changed(at);
      at += bytesRead;
      yield bytesRead === bytes.length ? bytes : bytes.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** The same, read at once into memory of the reader's. */
function direct(path: SystemPath, name: string, sizeBytes: number): DirectReader {
  const fd = onFileNow(name, () => openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)));
  let at = 0;
  return {
    read(into) {
      let done = 0;
      for (const most = Math.min(into.length, sizeBytes - at); done < most; ) {
        const count = onFileNow(name, () => readSync(fd, into, done, most - done, at));
        if (count === 0) break;
        done += count;
        at += count;
      }
      return done;
    },
    close: () => closeSync(fd),
  };
}

/** Linux packs device numbers so (`gnu_dev_major`, `gnu_dev_minor`). */
function deviceNumbers(rdev: number): { major: number; minor: number } {
  const high = Math.floor(rdev / 2 ** 32);
  const low = rdev % 2 ** 32;
  return {
    major: ((low >>> 8) & 0xfff) + (high & ~0xfff),
    minor: (low & 0xff) + ((low >>> 12) & 0xfff00) + (high & 0xfff) * 2 ** 20,
  };
}

function entryOf(path: SystemPath, shown: string, found: Stats, base: EntryBase): TreeEntry {
  if (found.isDirectory()) return { ...base, kind: "directory" };
  if (found.isFile()) {
    const open: DirectOpen = () => toStream(content(path, shown, found.size));
    open[directRead] = () => direct(path, shown, found.size);
    const file: FileEntry = { ...base, kind: "file", sizeBytes: found.size, open };
    return file;
  }
  if (found.isSymbolicLink()) {
    const target = onFileNow(shown, () => readlinkSync(path, { encoding: "buffer" }));
    return { ...base, kind: "symlink", target: decodePath(target) };
  }
  if (found.isCharacterDevice()) return { ...base, kind: "char", ...deviceNumbers(found.rdev) };
  if (found.isBlockDevice()) return { ...base, kind: "block", ...deviceNumbers(found.rdev) };
  return { ...base, kind: found.isFIFO() ? "fifo" : "socket" };
}

interface Walk {
  root: string;
  /** First path of each file with several names, by device and inode. */
  links: Map<string, string>;
}

async function* walk(state: Walk, above: string): AsyncGenerator<TreeEntry, void, void> {
  // The root of the file system has no name of its own; "/." is the same folder.
  const shownFolder = above === "" ? state.root || "/." : `${state.root}/${above}`;
  const names = await onFile(shownFolder, () => readdir(systemPath(shownFolder), { encoding: "buffer" }));
  names.sort(compareBytes);
  for (const name of names) {
    const shown = `${shownFolder}/${decodePath(name)}`;
    const path = above === "" ? decodePath(name) : `${above}/${decodePath(name)}`;
    const full = systemPath(shown);
    // Not through the thread pool: the trip costs ten times the call, and may have to wait for a compressor.
    const found = onFileNow(shown, () => lstatSync(full));
    const base: EntryBase = {
      path,
      mode: found.mode & 0o7777,
      uid: found.uid,
      gid: found.gid,
      mtimeSeconds: Math.floor(found.mtimeMs / 1000),
    };
    if (found.nlink > 1 && !found.isDirectory()) {
      // Inode numbers may be larger than a double holds.
      const { dev, ino } = onFileNow(shown, () => lstatSync(full, { bigint: true }));
      const key = `${dev}:${ino}`;
      const first = state.links.get(key);
      if (first !== undefined) {
        yield { ...base, kind: "hardlink", target: first };
        continue;
      }
      state.links.set(key, path);
    }
    yield entryOf(full, shown, found, base);
    if (found.isDirectory()) yield* walk(state, path);
  }
}

/**
 * A folder as a tree: every kind of file, hard links within the folder as hard links, names by their bytes (those that
 * are not UTF-8 too), in the order of a walk. Nothing is read before the tree is; it can be read any number of times,
 * and contents opened at any time. The first entry is the folder itself, with path "".
 *
 * Node cannot read extended attributes, so entries have none; a tar made with `--xattrs` brings them.
 *
 * Reading it throws `PvError` `FILE_FAILED` when the folder, or something in it, cannot be read, and
 * `CONTENT_TRUNCATED` when a file becomes shorter meanwhile.
 *
 * @example
 * ```ts
 * import { readDirectory, saveFile } from "@pv/sdk/node";
 * import { mkdtemp, rm } from "node:fs/promises";
 * const folder = await mkdtemp("example-");
 * await saveFile(new Uint8Array(3), `${folder}/three`);
 * const seen: string[] = [];
 * for await (const entry of readDirectory(folder)) seen.push(`${entry.kind} ${entry.path}`);
 * await rm(folder, { recursive: true });
 * if (seen.join() !== "directory ,file three") throw new Error(seen.join());
 * ```
 */
export function readDirectory(path: string): Tree {
  if (typeof path !== "string") throw new TypeError("readDirectory takes a path");
  return {
    async *[Symbol.asyncIterator]() {
      const found = await onFile(path, () => stat(systemPath(path)));
      if (!found.isDirectory()) await onFile(path, () => opendir(path)); // fails in the system's words
      yield {
        path: "",
        kind: "directory",
        mode: found.mode & 0o7777,
        uid: found.uid,
        gid: found.gid,
        mtimeSeconds: Math.floor(found.mtimeMs / 1000),
      };
      yield* walk({ root: path.replace(/\/+$/, ""), links: new Map() }, "");
    },
  };
}
