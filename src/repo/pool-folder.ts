import { PvError } from "../core/index.ts";
import type { Folder } from "./types.ts";

const OWN = ".pvr/objects";

/** The pool: `ObjectsDir` as it stands, relative to the repository, or `.pvr/objects`. */
export function poolFolder(folder: Folder, objectsDir: string): Folder {
  if (folder.at) return folder.at(objectsDir === "" ? OWN : objectsDir);
  if (objectsDir !== "") {
    const message = `the object pool ${objectsDir} is outside of this folder`;
    throw new PvError("PATH_UNSAFE", message, { path: objectsDir });
  }
  const inside = (path: string): string => (path === "" ? OWN : `${OWN}/${path}`);
  return {
    read: (path) => folder.read(inside(path)),
    write: (path, content, options) => folder.write(inside(path), content, options),
    list: async (path) =>
      (await folder.list(inside(path))).map((entry) => ({ ...entry, path: entry.path.slice(OWN.length + 1) })),
    rename: (from, to) => folder.rename(inside(from), inside(to)),
    remove: (path) => folder.remove(inside(path)),
  };
}

/** True where other repositories may have their objects in the same pool. */
export function poolIsShared(folder: Folder, objectsDir: string): boolean {
  if (objectsDir === "" || !folder.at) return false;
  const pool = folder.at(objectsDir).root;
  return pool === undefined || folder.root === undefined || !pool.startsWith(`${folder.root}/`);
}
