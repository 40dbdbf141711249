import {
  type ByteStream,
  type Content,
  isPvError,
  type Job,
  type Limits,
  type ObjectId,
  PvError,
  readBytes,
} from "../core/index.ts";
import { contentChunks, type ProgressReporter, progressReporter } from "../core/internal.ts";
import { createHasher, isObjectId, memoryStore, type ObjectStore } from "../objects/index.ts";
import type { Revision } from "../revision/index.ts";
import { listObjects, type State } from "../state/index.ts";
import { parseUniqueState } from "../state/internal.ts";
import { readTar } from "../tree/index.ts";

/** A device takes at most 2 MiB of state; what is larger than this is an attack. */
const STATE_MAX_BYTES = 64 * 2 ** 20;

/** The state document of an archive, named `json`. */
async function readState(content: ByteStream, signal: AbortSignal | undefined): Promise<State> {
  const bytes = await readBytes(content, { maxBytes: STATE_MAX_BYTES, signal });
  return parseUniqueState(bytes);
}

function noState(): PvError<"STATE_INVALID"> {
  const message = "the archive holds no state: it has no member json";
  return new PvError(
    "STATE_INVALID",
    message,
    {
      findings: [
        {
          code: "EXPORT_NO_STATE",
          severity: "error",
          stage: "parse",
          path: "json",
          message,
          effect: "nothing can be taken from it",
          hint: "make it with writeExport or pvr export",
        },
      ],
    },
    { hint: "is it a .pvrexport.tgz?" },
  );
}

/** What counts in an archive: `json`, `objects/<id>`; all else is left alone. */
async function keepObject(
  store: ObjectStore,
  id: ObjectId,
  content: ByteStream,
  progress: ProgressReporter,
  signal: AbortSignal | undefined,
): Promise<void> {
  const path = `objects/${id}`;
  const there = await store.has(id);
  async function* counted() {
    const hasher = there ? createHasher() : undefined;
    for await (const bytes of contentChunks(content, { signal })) {
      progress.add(bytes.length);
      hasher?.update(bytes);
      yield bytes;
    }
    const actual = hasher?.id() ?? id;
    if (actual !== id) throw new PvError("OBJECT_HASH_MISMATCH", "", { expected: id, actual });
  }
  try {
    if (!there) await store.put(counted(), { expect: id, signal });
    // It is checked all the same: an archive that lies is refused, whatever the store holds.
    else for await (const _ of counted());
  } catch (error) {
    if (!isPvError(error, "OBJECT_HASH_MISMATCH")) throw error;
    const { expected, actual } = error.data;
    throw new PvError(
      "OBJECT_HASH_MISMATCH",
      `${path}: its content is ${actual}`,
      { expected, actual, path },
      { hint: "the archive is damaged or was tampered with", cause: error },
    );
  }
}

/**
 * Reads a `.pvrexport.tgz` (plain or compressed, found by content) in one pass: from pvr, a hub, a package feed or
 * {@link writeExport}, members in any order, names with or without `./`; or a tar of a repository's `.pvr` folder, as far
 * as it holds its objects. Every object is checked against its name on its
 * way into `store` (default: `memoryStore()`); the result may be partial, as exports of some parts are.
 *
 * Objects that the state does not name are not kept, unless they come before the state does. Other files and folders are
 * ignored, as pvr and pvtx do; links, devices and names that leave the archive are refused. When it fails, no revision
 * comes of it; whole and checked objects that came before stay in the store, under their ids.
 *
 * @throws `PvError` `OBJECT_HASH_MISMATCH` when an object is not what its name says.
 * @throws `PvError` `OBJECT_ID_INVALID` when a member of `objects/` is not named by an id.
 * @throws `PvError` `STATE_INVALID` when there is no state, it is none, or one of its keys is there twice.
 * @throws `PvError` `STATE_CONFLICT` when there are two.
 * @throws `PvError` `PATH_UNSAFE` when a member is a link or a device, `TAR_PATH_UNSAFE` when a name leaves.
 * @throws `PvError` `TAR_INVALID`, `CONTENT_CORRUPT` or `CONTENT_TRUNCATED` when the archive is damaged or cut.
 * @throws `PvError` `LIMIT_EXCEEDED` when more comes out than the limits allow, `STORE_FULL` when the store is.
 * @example
 * ```ts
 * import { composeState, device, memoryStore, readExport, writeExport } from "@pv/sdk";
 * const objects = memoryStore();
 * const id = await objects.put(new Uint8Array([1, 2, 3]));
 * const before = { state: composeState(device({}), { "web/data.bin": id }), objects };
 * const after = await readExport(writeExport(before));
 * if (!(await after.objects.has(id))) throw new Error("lost");
 * ```
 */
export async function readExport(
  content: Content,
  store: ObjectStore = memoryStore(),
  options: Limits & Job = {},
): Promise<Revision> {
  const { signal, onProgress: _, ...limits } = options;
  const progress = progressReporter(options, { task: "read", subject: "export", unit: "bytes" });
  let state: State | undefined;
  let wanted: ReadonlySet<ObjectId> | undefined;
  for await (const entry of readTar(contentChunks(content, { signal }), limits)) {
    signal?.throwIfAborted();
    if (entry.kind === "directory") continue;
    if (entry.kind !== "file") {
      const message = `an export holds no ${entry.kind}`;
      throw new PvError("PATH_UNSAFE", message, { path: entry.path }, { hint: "do not trust this archive" });
    }
    // A tar of a repository's folder holds the same below `.pvr/`.
    const path = entry.path.replace(/^\.pvr\//, "");
    if (path === "json") {
      if (state) throw new PvError("STATE_CONFLICT", "the archive holds two states", { path: "json" });
      state = await readState(entry.open(), signal);
      wanted = new Set(listObjects(state).values());
    } else if (path.startsWith("objects/")) {
      const id = path.slice("objects/".length);
      if (!isObjectId(id)) {
        const message = `${entry.path} is not named by the SHA-256 of an object`;
        throw new PvError("OBJECT_ID_INVALID", message, { id, path: entry.path });
      }
      if (wanted?.has(id) !== false) await keepObject(store, id, entry.open(), progress, signal);
    }
  }
  if (!state) throw noState();
  progress.finish();
  return { state, objects: store };
}
