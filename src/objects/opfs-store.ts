import { type ObjectId, PvError } from "../core/index.ts";
import { contentChunks } from "../core/internal.ts";
import { createHasher } from "./hasher.ts";
import { checkExpected, checkObjectId, isObjectId, objectMissing } from "./object-id.ts";
import { readProgress } from "./read-progress.ts";
import type { ObjectStore } from "./types.ts";

/** What TypeScript's DOM library leaves out: every browser's OPFS has `move`, no standard does yet. */
type Handle = FileSystemFileHandle & { move?: (name: string) => Promise<void> };

const EMPTY: ObjectId = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const nameOf = (error: unknown): string => (error as { name?: string } | null)?.name ?? "";

function failed(name: string, reason: string, hint: string, cause?: unknown): PvError<"FILE_FAILED"> {
  return new PvError(
    "FILE_FAILED",
    `the browser's private files cannot hold ${name}: ${reason}`,
    { path: name, reason },
    { cause, hint },
  );
}

/** Tries to publish while another tab publishes the same object; six seconds in all. */
const MAX_ATTEMPTS = 24;

/** Gives a complete file its name; it is seen under it whole or not at all. */
async function moveTo(directory: FileSystemDirectoryHandle, from: Handle, name: string): Promise<void> {
  if (typeof from.move === "function") return from.move(name);
  const target = await (await directory.getFileHandle(name, { create: true })).createWritable();
  await (await from.getFile()).stream().pipeTo(target); // visible only when it is closed
  await directory.removeEntry(from.name);
}

/**
 * Objects in the browser's private files (the origin private file system), in a folder `name`; they outlive the page.
 * Opens nothing until it is used. An object appears under its id only when it is complete; tabs may share a store.
 *
 * Every method throws `PvError` `FILE_FAILED` where the page has no such files (it needs `https:` or localhost)
 * or no room; `put` throws `OBJECT_HASH_MISMATCH` when the content is not `expect`, and keeps nothing then.
 *
 * @example
 * ```ts
 * import { isPvError, opfsStore } from "@pv/sdk";
 * const store = opfsStore("firmware");
 * const inBrowser = typeof navigator === "object" && "storage" in navigator;
 * const refused = await store.has("0".repeat(64)).then(() => false, (error) => isPvError(error, "FILE_FAILED"));
 * if (refused === inBrowser) throw new Error("outside a browser there are no such files");
 * ```
 */
export function opfsStore(name: string): ObjectStore {
  let opened: Promise<FileSystemDirectoryHandle> | undefined;

  function folder(): Promise<FileSystemDirectoryHandle> {
    opened ??= (async () => {
      const storage = (globalThis as { navigator?: { storage?: Partial<StorageManager> } }).navigator?.storage;
      if (typeof storage?.getDirectory !== "function") {
        throw failed(name, "there are none here", "opfsStore needs a browser and a page from https: or localhost");
      }
      return (await storage.getDirectory()).getDirectoryHandle(name, { create: true });
    })();
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  }

  async function find(id: ObjectId): Promise<File | undefined> {
    try {
      const file = await (await (await folder()).getFileHandle(id)).getFile();
      // An empty file is an object being copied into place (below), unless it is the empty object.
      return file.size > 0 || id === EMPTY ? file : undefined;
    } catch (error) {
      if (nameOf(error) === "NotFoundError") return undefined;
      throw error;
    }
  }

  async function publish(directory: FileSystemDirectoryHandle, from: Handle, id: ObjectId): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      if (await find(id)) return directory.removeEntry(from.name);
      try {
        return await moveTo(directory, from, id);
      } catch (error) {
        // Another writer of the same content is at it: it is as good as ours once it is there.
        if (nameOf(error) !== "NoModificationAllowedError" || attempt === MAX_ATTEMPTS) throw error;
        await new Promise((resume) => setTimeout(resume, 20 * attempt));
      }
    }
  }

  return {
    async has(id) {
      return isObjectId(id) && (await find(id)) !== undefined;
    },
    get(id) {
      let file: Promise<File> | undefined;
      const open = (): Promise<File> => {
        file ??= (async () => {
          const found = await find(checkObjectId(id));
          if (!found) throw objectMissing(id);
          return found;
        })();
        file.catch(() => {
          file = undefined;
        });
        return file;
      };
      return {
        size: async () => (await open()).size,
        read: async (offset, length) =>
          new Uint8Array(await (await open()).slice(offset, offset + length).arrayBuffer()),
        close: async () => {
          file = undefined;
        },
      };
    },
    async put(content, options = {}) {
      const { expect, signal } = options;
      if (expect !== undefined) checkObjectId(expect);
      const directory = await folder();
      const temporary = `${crypto.randomUUID()}.new`;
      let writable: FileSystemWritableFileStream | undefined;
      try {
        const file: Handle = await directory.getFileHandle(temporary, { create: true });
        if (typeof file.createWritable !== "function") {
          throw failed(name, "this browser cannot write them here", "Safari needs version 26 or later");
        }
        writable = await file.createWritable();
        const hasher = createHasher();
        const progress = await readProgress(content, options);
        for await (const chunk of contentChunks(content, { signal })) {
          hasher.update(chunk);
          await writable.write(chunk);
          progress.add(chunk.length);
        }
        const id = hasher.id();
        checkExpected(id, expect);
        await writable.close();
        await publish(directory, file, id);
        progress.finish();
        return id;
      } catch (error) {
        await writable?.abort().catch(() => {});
        await directory.removeEntry(temporary).catch(() => {});
        if (nameOf(error) !== "QuotaExceededError") throw error;
        throw failed(name, "no room", "free storage of this site, or ask for more: navigator.storage.persist()", error);
      }
    },
    async *list() {
      for await (const id of (await folder()).keys()) if (isObjectId(id)) yield id;
    },
    async delete(id) {
      checkObjectId(id);
      await (await folder()).removeEntry(id).catch((error: unknown) => {
        if (nameOf(error) !== "NotFoundError") throw error;
      });
    },
  };
}
