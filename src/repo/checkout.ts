import { type Bytes, type Job, type JsonValue, PvError } from "../core/index.ts";
import { contentChunks, toStream } from "../core/internal.ts";
import { createHasher, isObjectId, type ObjectReader } from "../objects/index.ts";
import type { Revision } from "../revision/index.ts";
import { canonicalJson } from "../state/index.ts";
import { exactNumber } from "../state/internal.ts";
import { goJson } from "./go-json.ts";
import { checkPath } from "./runtime-folder.ts";
import type { CheckoutOptions, Folder } from "./types.ts";

/** An object, checked while it is copied: a damaged pool does not reach the work tree. */
async function* verified(revision: Revision, id: string, path: string): AsyncGenerator<Bytes, void, void> {
  const hasher = createHasher();
  for await (const bytes of contentChunks(revision.objects.get(id))) {
    hasher.update(bytes);
    yield bytes;
  }
  const actual = hasher.id();
  if (actual !== id) {
    throw new PvError(
      "OBJECT_HASH_MISMATCH",
      `${path}: the object has SHA-256 ${actual}, expected ${id}`,
      { expected: id, actual, path },
      { hint: "the object pool is damaged; fetch the object again" },
    );
  }
}

const AT_ONCE = 4;

/** All names and objects are looked at before the first file is touched. */
async function check(files: readonly (readonly [string, JsonValue])[], objects: ObjectReader): Promise<void> {
  for (const [path, value] of files) {
    checkPath(path);
    if (path === ".pvr" || path.startsWith(".pvr/"))
      throw new PvError("PATH_UNSAFE", `${path} is the repository's own`, { path });
    if (!isObject(value) && !path.endsWith(".json"))
      throw new PvError("PATH_UNSAFE", `${path} holds neither an object id nor JSON`, { path });
    if (isObject(value) && !(await objects.has(value)))
      throw new PvError("OBJECT_MISSING", `${path}: object ${value} is not in the pool`, { id: value, path });
  }
}

function isObject(value: JsonValue): value is string {
  return typeof value === "string" && isObjectId(value);
}

/** Writes a revision's files. */
export async function checkout(
  folder: Folder,
  revision: Revision,
  { json, link, pool, signal }: CheckoutOptions & { pool: string } & Job,
): Promise<void> {
  const { state, objects } = revision;
  const files = Object.entries(state)
    .filter(([path]) => path !== "#spec")
    .map(([path, value]) => [path, value ?? null] as const);
  await check(files, objects);
  if (link && !folder.link) throw new TypeError("this folder cannot make hard links");
  const left = files[Symbol.iterator]();
  let failure: { error: unknown } | undefined;

  async function one(path: string, value: JsonValue): Promise<void> {
    if (!isObject(value)) {
      const canonical = exactNumber(state, path) ?? canonicalJson(value);
      await folder.write(path, link || json === "canonical" ? canonical : goJson(canonical, { indent: "    " }));
    } else if (link) await linkObject(folder, revision, value, path, pool);
    else await folder.write(path, toStream(verified(revision, value, path)));
  }
  async function worker(): Promise<void> {
    for (const [path, value] of left) {
      if (signal?.aborted) failure = { error: signal.reason };
      if (failure) return;
      await one(path, value).catch((error: unknown) => {
        failure ??= { error };
      });
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (failure) throw failure.error;
}

async function linkObject(folder: Folder, revision: Revision, id: string, path: string, pool: string): Promise<void> {
  for await (const _ of verified(revision, id, path));
  await folder.link!(`${pool === "" ? ".pvr/objects" : pool}/${id}`, path);
  await folder.setMode?.(path, 0o444);
}
