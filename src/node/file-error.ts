import { isPvError, PvError } from "../core/index.ts";

const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EBUSY: "it is in use",
  EDQUOT: "the disk quota is used up",
  EEXIST: "it exists already",
  EIO: "the disk reports an error",
  EISDIR: "it is a folder",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "there is no such file",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of the path is no folder",
  ENOTEMPTY: "the folder is not empty",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
};

/** The code of a failed system call, such as `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  const { code, syscall } = (error ?? {}) as { code?: unknown; syscall?: unknown };
  return typeof code === "string" && typeof syscall === "string" ? code : undefined;
}

/** A failed system call as `FILE_FAILED`; anything else as it is. */
export function fileError(error: unknown, path: string): unknown {
  const code = errnoOf(error);
  if (code === undefined || isPvError(error)) return error;
  return new PvError(
    "FILE_FAILED",
    `${path}: ${reasons[code] ?? code}`,
    { path, reason: code },
    { cause: error, hint: code === "ENOSPC" ? "free some space; nothing half-written was left behind" : undefined },
  );
}

/** Runs file operations on a path, their failures as `FILE_FAILED`. */
export async function onFile<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(error, path);
  }
}

/** The same for operations that are done at once. */
export function onFileNow<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fileError(error, path);
  }
}
