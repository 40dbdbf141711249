import { isPvError } from "../core/index.ts";
import type { Folder } from "./types.ts";

/** True where there is a file; false where there is none; anything else throws. */
export async function exists(folder: Folder, path: string): Promise<boolean> {
  if (folder.sizeOf) return (await folder.sizeOf(path)) !== undefined;
  const source = folder.read(path);
  try {
    await source.size();
    return true;
  } catch (error) {
    if (isPvError(error, "FILE_FAILED") && (error.data.reason === "ENOENT" || error.data.reason === "ENOTDIR"))
      return false;
    throw error;
  } finally {
    await source.close?.();
  }
}
