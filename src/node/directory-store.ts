import { randomUUID } from "node:crypto";
import { type FileHandle, open, opendir, rename, stat, unlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type ByteSource, type ObjectId, PvError } from "../core/index.ts";
import { contentChunks } from "../core/internal.ts";
import { createHasher, isObjectId, type ObjectStore } from "../objects/index.ts";
import { readProgress } from "../objects/internal.ts";
import { errnoOf, fileError, onFile } from "./file-error.ts";
import { handleSource, readFully, writeFully } from "./file-handle.ts";
import { makeFolders } from "./make-folders.ts";

const CHUNK_BYTES = 2 ** 20;

function checkId(id: string): ObjectId {
  if (isObjectId(id)) return id;
  const shown = String(id).slice(0, 100);
  throw new PvError(
    "OBJECT_ID_INVALID",
    `${JSON.stringify(shown)} is no object id`,
    { id: shown },
    { hint: "an object id is the SHA-256 of its bytes as 64 lower-case hex digits" },
  );
}

/**
 * Objects in a folder, one file each, named by its SHA-256: the layout of pvr's pool and of a device's `objects/`.
 * The folder is made by the first write; nothing is opened before. Processes may share it: an object is written under
 * a temporary name, synced, and renamed, so it is there whole or not at all. What is there already is not rewritten.
 *
 * `put` throws `PvError` `OBJECT_HASH_MISMATCH` when the content is not `expect`, and `FILE_FAILED` when the
 * disk is full or the folder cannot be written; nothing is left behind then. Reading an absent object throws
 * `OBJECT_MISSING`; an id that is no id `OBJECT_ID_INVALID`, before it touches a path.
 *
 * @example
 * ```ts
 * import { readBytes } from "@pv/sdk";
 * import { directoryStore } from "@pv/sdk/node";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * const folder = await mkdtemp(join(tmpdir(), "objects-"));
 * const store = directoryStore(folder);
 * const id = await store.put(new Uint8Array([1, 2, 3]));
 * if ((await readBytes(store.get(id))).join() !== "1,2,3") throw new Error("not kept");
 * await rm(folder, { recursive: true });
 * ```
 */
export function directoryStore(path: string): ObjectStore {
  const folder = resolve(path);
  const fileOf = (id: ObjectId): string => join(folder, checkId(id));

  async function sizeOf(id: ObjectId): Promise<number | undefined> {
    const file = fileOf(id);
    try {
      const found = await stat(file);
      return found.isFile() ? found.size : undefined;
    } catch (error) {
      if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
      throw fileError(error, file);
    }
  }

  /** A new file under a name that no reader takes for an object. */
  async function openTemporary(): Promise<{ file: string; handle: FileHandle }> {
    const file = join(folder, `.${randomUUID()}.new`);
    return onFile(folder, async () => {
      await makeFolders(folder);
      return { file, handle: await open(file, "wx+", 0o644) };
    });
  }

  /** Syncs, closes and renames, unless the object is there; a file of another size is no such object, and gives way. */
  async function publish(file: string, handle: FileHandle, id: ObjectId): Promise<void> {
    await onFile(folder, async () => {
      const { size } = await handle.stat();
      if ((await sizeOf(id)) === size) {
        await handle.close();
        await unlink(file);
        return;
      }
      // After a power cut the object is there whole or not at all. The folder itself is not synced: an object that is
      // lost is only stored again, and this halves the time that many small ones take.
      await handle.sync();
      await handle.close();
      await rename(file, fileOf(id));
    });
  }

  async function discard(file: string, handle: FileHandle): Promise<void> {
    await handle.close().catch(() => {});
    await unlink(file).catch(() => {});
  }

  function get(id: ObjectId): ByteSource {
    const missing = (cause?: unknown): PvError => {
      const hint = "missingObjects(revision) lists what a revision lacks";
      return new PvError("OBJECT_MISSING", `object ${id} is not in ${path}`, { id }, { hint, cause });
    };
    const openFile = async (): Promise<FileHandle> => {
      const file = fileOf(id);
      try {
        return await open(file, "r");
      } catch (error) {
        if (errnoOf(error) === "ENOENT") throw missing(error);
        throw fileError(error, file);
      }
    };
    return handleSource(openFile, async () => {
      const size = await sizeOf(id);
      if (size === undefined) throw missing();
      return size;
    });
  }

  return {
    get,
    async has(id) {
      return isObjectId(id) && (await sizeOf(id)) !== undefined;
    },
    async put(content, options = {}) {
      const { expect, signal } = options;
      if (expect !== undefined) checkId(expect);
      const { file, handle } = await openTemporary();
      try {
        const hasher = createHasher();
        const progress = await readProgress(content, options);
        let at = 0;
        for await (const chunk of contentChunks(content, { signal })) {
          hasher.update(chunk);
          await onFile(folder, () => writeFully(handle, chunk, at));
          at += chunk.length;
          progress.add(chunk.length);
        }
        const id = hasher.id();
        if (expect !== undefined && id !== expect) {
          throw new PvError(
            "OBJECT_HASH_MISMATCH",
            `the content has SHA-256 ${id}, expected ${expect}`,
            { expected: expect, actual: id },
            { hint: "the content was changed or cut on its way; nothing of it was kept" },
          );
        }
        await publish(file, handle, id);
        progress.finish();
        return id;
      } catch (error) {
        await discard(file, handle);
        throw error;
      }
    },
    sink() {
      let resolveId: (id: ObjectId) => void = () => {};
      let rejectId: (reason: unknown) => void = () => {};
      const id = new Promise<ObjectId>((onId, onError) => {
        resolveId = onId;
        rejectId = onError;
      });
      id.catch(() => {}); // nobody need listen
      let opened: Promise<{ file: string; handle: FileHandle }> | undefined;
      let stored: ByteSource | undefined;
      let ended = false;
      const output = (): Promise<{ file: string; handle: FileHandle }> => {
        if (ended) throw new TypeError("the sink is closed");
        opened ??= openTemporary();
        return opened;
      };
      return {
        id,
        written: {
          size: async () => stored?.size() ?? (await (await output()).handle.stat()).size,
          read: async (offset, length) =>
            stored?.read(offset, length) ?? readFully((await output()).handle, offset, length),
        },
        async write(offset, bytes) {
          const { handle } = await output();
          await onFile(folder, () => writeFully(handle, bytes, offset));
        },
        async setSize(sizeBytes) {
          const { handle } = await output();
          await onFile(folder, () => handle.truncate(sizeBytes));
        },
        async close() {
          const { file, handle } = await output();
          ended = true;
          try {
            const hasher = createHasher();
            for (let at = 0; ; at += CHUNK_BYTES) {
              const chunk = await onFile(folder, () => readFully(handle, at, CHUNK_BYTES));
              hasher.update(chunk);
              if (chunk.length < CHUNK_BYTES) break;
            }
            const found = hasher.id();
            await publish(file, handle, found);
            stored = get(found);
            resolveId(found);
          } catch (error) {
            await discard(file, handle);
            rejectId(error);
            throw error;
          }
        },
        async abort(reason) {
          if (ended) return;
          ended = true;
          rejectId(reason ?? new DOMException("the sink was aborted", "AbortError"));
          const output = await opened?.catch(() => undefined);
          if (output) await discard(output.file, output.handle);
        },
      };
    },
    async *list() {
      let entries: Awaited<ReturnType<typeof opendir>>;
      try {
        entries = await opendir(folder);
      } catch (error) {
        if (errnoOf(error) === "ENOENT") return;
        throw fileError(error, folder);
      }
      for await (const entry of entries) if (entry.isFile() && isObjectId(entry.name)) yield entry.name;
    },
    async delete(id) {
      const file = fileOf(id);
      await onFile(file, () =>
        unlink(file).catch((error: unknown) => {
          if (errnoOf(error) !== "ENOENT") throw error;
        }),
      );
    },
  };
}
