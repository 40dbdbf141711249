import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoOf } from "./file-error.ts";

/**
 * A folder and those above it. Node's own `recursive` never returns where a file system makes no folders (`/proc`):
 * it takes their `ENOENT` for a missing parent, again and again.
 */
export async function makeFolders(path: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    const code = errnoOf(error);
    if (code === "ENOENT" && dirname(path) !== path && !(await isFolder(dirname(path)))) {
      await makeFolders(dirname(path), mode);
      await mkdir(path, { mode }).catch(async (again: unknown) => {
        if (errnoOf(again) !== "EEXIST") throw again;
      });
    } else if (!(await isFolder(path))) throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
