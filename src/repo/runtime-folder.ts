import { nativeFiles, nativeProcess, PvError } from "../core/index.ts";
import {
  codeOf,
  createNew,
  fileReader,
  linkOver,
  listFolder,
  makeParent,
  onFile,
  readInto,
  removeOne,
  syncFolder,
  writeWhole,
} from "./runtime-files.ts";
import type { Folder } from "./types.ts";

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

/**
 * A folder of the runtime's own file system.
 *
 * @throws {@link PvError} `PATH_UNSAFE` for a path that would leave it, `FILE_FAILED` for what the system refuses.
 */
export function runtimeFolder(path: string): Folder {
  const fs = nativeFiles();
  if (!fs) throw new TypeError("this runtime has no files: give a Folder instead of a path");
  const root = absolutePath(path);
  const prefix = root === "/" ? "/" : `${root}/`;
  const at = (name: string): string => (name === "" ? root : prefix + checkPath(name));
  return {
    root,
    read: (name) => fileReader(fs, at(name)),
    readInto: (name, buffer) => onFile(at(name), () => readInto(fs, at(name), buffer)),
    sizeOf: (name) =>
      onFile(at(name), () => {
        try {
          const found = fs.statSync(at(name));
          return found.isFile() ? found.size : undefined;
        } catch (error) {
          if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
          throw error;
        }
      }),
    write: (name, content, { durable = false } = {}) =>
      onFile(at(name), async () => {
        if (typeof content !== "string" && !(content instanceof Uint8Array)) await makeParent(fs, at(name));
        await writeWhole(fs, at(name), content, durable);
      }),
    list: (name) => onFile(at(name), () => listFolder(fs, at(name), name)),
    rename: (from, to) => onFile(at(from), () => fs.promises.rename(at(from), at(to))),
    remove: (name) => onFile(at(name), () => removeOne(fs, at(name))),
    link: (from, to) =>
      onFile(at(to), () => linkOver(fs, from.startsWith("/") ? from : normalize(`${root}/${from}`), at(to))),
    create: (name, content) => onFile(at(name), () => createNew(fs, at(name), content)),
    setMode: (name, mode) => onFile(at(name), () => fs.promises.chmod(at(name), mode)),
    flush: (name) => onFile(at(name), () => syncFolder(fs, at(name))),
    at: (other) => runtimeFolder(other.startsWith("/") ? other : normalize(`${root}/${other}`)),
  };
}

/** An absolute path without `.` and `..`. */
export function absolutePath(path: string): string {
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
