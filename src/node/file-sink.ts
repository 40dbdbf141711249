import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type ByteSink, type ByteSource, PvError } from "../core/index.ts";
import { type ReadableInto, readInto } from "../core/internal.ts";
import { errnoOf, onFile } from "./file-error.ts";
import { fillFrom, readFully, writeFully } from "./file-handle.ts";
import { fileSource } from "./file-source.ts";

let temporary = 0;

/** A new file beside `path`, named after it and this process, so that a rename never crosses a file system. */
export async function openBeside(path: string): Promise<{ handle: FileHandle; name: string }> {
  for (;;) {
    const name = join(dirname(path), `.${basename(path).slice(0, 200)}.${process.pid}-${++temporary}.tmp`);
    try {
      return { handle: await open(name, "wx+"), name };
    } catch (error) {
      const code = errnoOf(error);
      if (code === "ENOENT") throw noFolder(path, error);
      if (code !== "EEXIST") throw error;
    }
  }
}

/** It is not the file that is missing: that one is to be made. */
function noFolder(path: string, cause: unknown): PvError<"FILE_FAILED"> {
  const message = `the folder ${dirname(path)} is not there`;
  return new PvError("FILE_FAILED", message, { path, reason: "ENOENT" }, { cause, hint: "make it first" });
}

/** Makes a rename last through a power cut, where folders can be synced. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

interface Opened {
  handle: FileHandle;
  /** The temporary name; undefined where the file is written in place. */
  name: string | undefined;
  /** The final name, symbolic links followed. */
  path: string;
  mode: number | undefined;
}

async function openTarget(path: string): Promise<Opened> {
  const found = await stat(path).catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  });
  // A disk or /dev/null keeps its node; only a plain file can be replaced whole.
  if (found && !found.isFile()) return { handle: await open(path, "r+"), name: undefined, path, mode: undefined };
  const final = found ? await realpath(path) : path;
  return { ...(await openBeside(final)), path: final, mode: found && found.mode & 0o7777 };
}

/**
 * A file to fill. It is written under another name in the same folder, synced and renamed by `close`: a file of that
 * name is the old one or the new one, never half of one. `abort` leaves nothing. Block devices and other nodes that
 * are no plain files are written in place.
 *
 * @throws `PvError` `FILE_FAILED` from its methods, when the file cannot be written; `reason` is the system's code
 * (`ENOSPC`: the disk is full).
 * @example
 * ```ts
 * import { readBytes } from "@pv/sdk";
 * import { fileSink, fileSource } from "@pv/sdk/node";
 * import { mkdtemp, rm } from "node:fs/promises";
 * const folder = await mkdtemp("example-");
 * const sink = fileSink(`${folder}/two`);
 * await sink.write(1, new Uint8Array([7]));
 * await sink.close();
 * const bytes = await readBytes(fileSource(`${folder}/two`));
 * await rm(folder, { recursive: true });
 * if (bytes.join() !== "0,7") throw new Error("not written");
 * ```
 */
export function fileSink(path: string): ByteSink {
  if (typeof path !== "string") throw new TypeError("fileSink takes a path");
  let opened: Promise<Opened> | undefined;
  let state: "open" | "closed" | "aborted" = "open";

  function target(): Promise<Opened> {
    if (state !== "open") throw new TypeError(`the sink for ${path} is ${state}`);
    opened ??= openTarget(path);
    return opened;
  }
  const tried = <T>(work: () => Promise<T>): Promise<T> => onFile(path, work);
  async function drop(): Promise<void> {
    const file = await opened?.catch(() => undefined);
    await file?.handle.close().catch(() => {});
    if (file?.name) await rm(file.name, { force: true }).catch(() => {});
  }

  async function sizeSoFar(): Promise<number> {
    return (await (await target()).handle.stat()).size;
  }
  async function finished<T>(use: (file: ByteSource) => Promise<T>): Promise<T> {
    const file = fileSource(path);
    try {
      return await use(file);
    } finally {
      await file.close?.();
    }
  }

  const written: ByteSource & ReadableInto = {
    size: () => tried(() => (state === "closed" ? finished((file) => file.size()) : sizeSoFar())),
    read: (offset, length) =>
      tried(async () =>
        state === "closed"
          ? finished((file) => file.read(offset, length))
          : readFully((await target()).handle, offset, length),
      ),
    [readInto]: (offset, into) => tried(async () => fillFrom((await target()).handle, offset, into)),
  };

  return {
    write: (offset, bytes) => tried(async () => writeFully((await target()).handle, bytes, offset)),
    setSize: (sizeBytes) =>
      tried(async () => {
        const file = await target();
        if (file.name) await file.handle.truncate(sizeBytes); // a device has the size it has
      }),
    close: () =>
      tried(async () => {
        const file = await target();
        state = "closed";
        try {
          if (file.mode !== undefined) await file.handle.chmod(file.mode);
          await file.handle.sync().catch((error: unknown) => {
            if (file.name || errnoOf(error) !== "EINVAL") throw error; // a terminal or /dev/null cannot be synced
          });
          await file.handle.close();
          if (!file.name) return;
          await rename(file.name, file.path);
        } catch (error) {
          await drop();
          throw error;
        }
        await syncFolder(dirname(file.path));
      }),
    async abort() {
      if (state !== "open") return;
      state = "aborted";
      await drop();
    },
    written,
  };
}
