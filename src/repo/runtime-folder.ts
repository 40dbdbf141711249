import { PvError } from "../core/index.ts";
import { type NativeFiles, nativeFiles, nativeProcess } from "../core/internal.ts";
import {
  codeOf,
  createNew,
  fileReader,
  linkOver,
  listFolder,
  makeParent,
  namesIn,
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
 * @throws `PvError` `PATH_UNSAFE` for a path that would leave it, `FILE_FAILED` for what the system refuses.
 */
export function runtimeFolder(path: string): Folder {
  const fs = nativeFiles();
  if (!fs) throw new TypeError("this runtime has no files: give a Folder instead of a path");
  const root = absolutePath(path);
  const prefix = root === "/" ? "/" : `${root}/`;
  const at = (name: string): string => (name === "" ? root : prefix + checkPath(name));
  /** For what changes something: a link in the place of a folder would lead it elsewhere. */
  const inside = (name: string): string => {
    const full = at(name);
    for (let end = name.indexOf("/"); end > 0; end = name.indexOf("/", end + 1))
      refuseLink(fs, at(name.slice(0, end)), name);
    return full;
  };
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
        const full = inside(name);
        if (typeof content !== "string" && !(content instanceof Uint8Array)) await makeParent(fs, full);
        await writeWhole(fs, full, content, durable);
      }),
    list: (name) => onFile(at(name), () => listFolder(fs, at(name), name)),
    names: (name) => onFile(at(name), () => namesIn(fs, at(name))),
    rename: (from, to) => onFile(at(from), () => fs.promises.rename(inside(from), inside(to))),
    remove: (name) => onFile(at(name), () => removeOne(fs, inside(name))),
    link: (from, to) =>
      onFile(at(to), () => linkOver(fs, from.startsWith("/") ? from : normalize(`${root}/${from}`), inside(to))),
    create: (name, content) => onFile(at(name), () => createNew(fs, inside(name), content)),
    setMode: (name, mode) => onFile(at(name), () => fs.promises.chmod(inside(name), mode)),
    prepare: () => onFile(root, () => makeParent(fs, at("x"))),
    flush: (name) => onFile(at(name), () => syncFolder(fs, at(name))),
    at: (other) => runtimeFolder(other.startsWith("/") ? other : normalize(`${root}/${other}`)),
  };
}

function refuseLink(fs: NativeFiles, folder: string, path: string): void {
  let isLink = false;
  try {
    isLink = fs.lstatSync(folder).isSymbolicLink();
  } catch (error) {
    if (codeOf(error) !== "ENOENT" && codeOf(error) !== "ENOTDIR") throw error;
  }
  if (isLink)
    throw new PvError("PATH_UNSAFE", `${path} lies behind the link ${folder}`, { path }, { hint: "remove the link" });
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
