import { type ByteSource, type ByteStream, type Bytes, type ObjectId, PvError } from "../core/index.ts";
import { contentChunks, toStream } from "../core/internal.ts";
import { createHasher, type ObjectReader } from "../objects/index.ts";
import { listObjects, type State } from "../state/index.ts";

/** The ids of a state, sorted, each with the first path that names it. */
export function objectsOf(state: State): [id: ObjectId, path: string][] {
  const first = new Map<ObjectId, string>();
  for (const [path, id] of listObjects(state)) if (!first.has(id)) first.set(id, path);
  return [...first].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** An object that can be handed out: its size is known, its bytes are checked as they go by. */
export interface ReadyObject {
  id: ObjectId;
  path: string;
  sizeBytes: number;
  open: () => ByteStream;
}

/**
 * All objects of a state, found before anything is written.
 *
 * @throws `PvError` `OBJECT_MISSING` when one is absent, with the path that names it.
 */
export async function readyObjects(state: State, objects: ObjectReader, signal?: AbortSignal): Promise<ReadyObject[]> {
  const ready: ReadyObject[] = [];
  for (const [id, path] of objectsOf(state)) {
    signal?.throwIfAborted();
    if (!(await objects.has(id))) {
      throw new PvError(
        "OBJECT_MISSING",
        `${path}: the object ${id} is not there`,
        { id, path },
        { hint: "the revision is partial; fetch what missingObjects names first" },
      );
    }
    const source = objects.get(id);
    const sizeBytes = await source.size();
    await source.close?.();
    ready.push({ id, path, sizeBytes, open: () => toStream(checked(objects.get(id), id, path, signal)) });
  }
  return ready;
}

/** The bytes of an object; the last ones come only if all of them hash to its id. */
async function* checked(
  source: ByteSource,
  id: ObjectId,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Bytes, void, void> {
  const hasher = createHasher();
  let held: Bytes | undefined;
  for await (const bytes of contentChunks(source, { signal })) {
    hasher.update(bytes);
    if (held) yield held;
    held = bytes;
  }
  const actual = hasher.id();
  if (actual !== id) {
    throw new PvError(
      "OBJECT_HASH_MISMATCH",
      `${path}: the stored object is not what its id says`,
      { expected: id, actual, path },
      { hint: "the store is damaged; put the object again" },
    );
  }
  if (held) yield held;
}
