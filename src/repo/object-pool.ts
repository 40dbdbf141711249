import { type Bytes, contentChunks, isPvError, type ObjectId, PvError } from "../core/index.ts";
import { createHasher, isObjectId, type ObjectStore } from "../objects/index.ts";
import { exists } from "./exists.ts";
import type { Folder } from "./types.ts";

function checkId(id: string): ObjectId {
  if (isObjectId(id)) return id;
  const shown = String(id).slice(0, 100);
  throw new PvError("OBJECT_ID_INVALID", `${JSON.stringify(shown)} is no object id`, { id: shown });
}

/**
 * Objects as files of a folder, one each, named by their SHA-256: pvr's pool.
 *
 * @throws {@link PvError} `OBJECT_HASH_MISMATCH`, `OBJECT_MISSING`, `OBJECT_ID_INVALID`, `FILE_FAILED`.
 */
export function objectPool(folder: Folder): ObjectStore {
  let number = 0;
  const known = new Set<ObjectId>();

  async function has(id: ObjectId): Promise<boolean> {
    if (!isObjectId(id)) return false;
    if (known.has(id)) return true;
    if (!(await exists(folder, id))) return false;
    known.add(id);
    return true;
  }

  return {
    has,
    get(id) {
      const source = folder.read(checkId(id));
      const missing = (error: unknown): never => {
        if (isPvError(error, "FILE_FAILED") && error.data.reason === "ENOENT") {
          throw new PvError("OBJECT_MISSING", `object ${id} is not in the pool`, { id }, { cause: error });
        }
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
      const hasher = createHasher();
      const temporary = `.incoming-${++number}`;
      async function* hashed(): AsyncGenerator<Bytes, void, void> {
        for await (const bytes of contentChunks(content, { signal })) {
          hasher.update(bytes);
          yield bytes;
        }
      }
      await folder.write(temporary, hashed());
      const id = hasher.id();
      if (expect !== undefined && id !== expect) {
        await folder.remove(temporary);
        throw new PvError("OBJECT_HASH_MISMATCH", `the content has SHA-256 ${id}, expected ${expect}`, {
          expected: expect,
          actual: id,
        });
      }
      await folder.rename(temporary, id);
      known.add(id);
      return id;
    },
    async *list() {
      for (const entry of await folder.list("")) if (entry.kind === "file" && isObjectId(entry.path)) yield entry.path;
    },
    async delete(id) {
      known.delete(id);
      await folder.remove(checkId(id));
    },
  };
}
