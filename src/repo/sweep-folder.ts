import { isStale } from "./runtime-files.ts";
import type { Folder } from "./types.ts";

/** Removes what writers that are gone have left directly in a folder. */
export async function sweepFolder(folder: Folder, path: string): Promise<void> {
  const prefix = path === "" ? "" : `${path}/`;
  const names = folder.names
    ? await folder.names(path)
    : (await folder.list(path)).map((entry) => entry.path.slice(prefix.length));
  for (const name of names) if (isStale(name)) await folder.remove(prefix + name);
}
