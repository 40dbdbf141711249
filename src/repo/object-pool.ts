import { type Bytes, isPvError, type ObjectId, PvError } from "../core/index.ts";
import { contentChunks } from "../core/internal.ts";
import { createHasher, isObjectId, type ObjectStore } from "../objects/index.ts";
import { exists } from "./exists.ts";
import { temporaryName } from "./runtime-files.ts";
import { sweepFolder } from "./sweep-folder.ts";
import type { Folder } from "./types.ts";

function checkId(id: string): ObjectId {
  if (isObjectId(id)) return id;
  const shown = String(id).slice(0, 100);
  throw new PvError("OBJECT_ID_INVALID", `${JSON.stringify(shown)} is no object id`, { id: shown });
}

/** An object pool that can be tidied. */
export interface ObjectPool extends ObjectStore {
  /** True where the object is there, whole: one that a power cut has shortened is written again. */
  holds(id: ObjectId, sizeBytes: number): Promise<boolean>;
  /** Keeps bytes whose id is known to be theirs. */
  keep(id: ObjectId, bytes: Bytes): Promise<void>;
  /** True where another thread can write into the pool. */
  canAdopt: boolean;
  /** Takes over a file that is written to the path given; its id is what that gives. */
  adopt(write: (path: string) => Promise<ObjectId>): Promise<ObjectId>;
  /** Makes what was put outlast a power cut, before a state names it. */
  flush(): Promise<void>;
  /** Removes what writers have left that are gone. */
  sweep(): Promise<void>;
}

/**
 * Objects as files of a folder, one each, named by their SHA-256: pvr's pool. Other processes may share it: a file
 * appears under its name when it is complete.
 *
 * @throws `PvError` `OBJECT_HASH_MISMATCH`, `OBJECT_MISSING`, `OBJECT_ID_INVALID`, `FILE_FAILED`.
 */
export function objectPool(folder: Folder): ObjectPool {
  let dirty = false;
  const known = new Set<ObjectId>();

  async function has(id: ObjectId): Promise<boolean> {
    if (!isObjectId(id)) return false;
    if (known.has(id)) return true;
    if (!(await exists(folder, id))) return false;
    known.add(id);
    return true;
  }

  async function putStream(content: AsyncIterable<Bytes>, expect?: ObjectId): Promise<ObjectId> {
    const hasher = createHasher();
    const incoming = temporaryName();
    async function* hashed(): AsyncGenerator<Bytes, void, void> {
      for await (const bytes of content) {
        hasher.update(bytes);
        yield bytes;
      }
      // Before the end, so that what is wrong never gets a name.
      const id = hasher.id();
      if (expect !== undefined && id !== expect) throw mismatch(expect, id);
    }
    await folder.write(incoming, hashed(), { durable: true });
    const id = hasher.id();
    await (known.has(id) ? folder.remove(incoming) : folder.rename(incoming, id));
    return id;
  }

  async function holds(id: ObjectId, sizeBytes: number): Promise<boolean> {
    if (!folder.sizeOf) return has(id);
    return isObjectId(id) && (await folder.sizeOf(id)) === sizeBytes;
  }

  async function keep(id: ObjectId, bytes: Bytes): Promise<void> {
    if (await holds(id, bytes.length)) return;
    await folder.write(id, bytes, { durable: true });
    known.add(id);
    dirty = true;
  }

  return {
    has,
    get(id) {
      const source = folder.read(checkId(id));
      const missing = (error: unknown): never => {
        if (isPvError(error, "FILE_FAILED") && error.data.reason === "ENOENT")
          throw new PvError("OBJECT_MISSING", `object ${id} is not in the pool`, { id }, { cause: error });
        throw error;
      };
      return {
        size: () => source.size().catch(missing),
        read: (offset, length) => source.read(offset, length).catch(missing),
        ...(source.close ? { close: () => source.close!() } : {}),
      };
    },
    async put(content, { expect, signal } = {}) {
      if (expect !== undefined && (await has(checkId(expect)))) return expect;
      let id: ObjectId;
      if (content instanceof Uint8Array) {
        id = createHasher().update(content).id();
        if (expect !== undefined && id !== expect) throw mismatch(expect, id);
        await keep(id, content as Bytes);
        return id;
      }
      id = await putStream(contentChunks(content, { signal }), expect);
      known.add(id);
      dirty = true;
      return id;
    },
    holds,
    keep,
    canAdopt: folder.root !== undefined,
    async adopt(write) {
      const incoming = temporaryName();
      await folder.prepare?.();
      try {
        const id = await write(`${folder.root}/${incoming}`);
        const sizeBytes = (await folder.sizeOf?.(incoming)) ?? -1;
        await ((await holds(id, sizeBytes)) ? folder.remove(incoming) : folder.rename(incoming, id));
        known.add(id);
        dirty = true;
        return id;
      } catch (error) {
        await folder.remove(incoming);
        throw error;
      }
    },
    async *list() {
      for (const entry of await folder.list("")) if (entry.kind === "file" && isObjectId(entry.path)) yield entry.path;
    },
    async delete(id) {
      known.delete(id);
      await folder.remove(checkId(id));
    },
    async flush() {
      if (dirty) await folder.flush?.("");
      dirty = false;
    },
    sweep: () => sweepFolder(folder, ""),
  };
}

function mismatch(expected: ObjectId, actual: ObjectId): PvError {
  return new PvError(
    "OBJECT_HASH_MISMATCH",
    `the content has SHA-256 ${actual}, expected ${expected}`,
    { expected, actual },
    { hint: "the content was changed or cut on its way; nothing of it was kept" },
  );
}
