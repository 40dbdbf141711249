import { type Bytes, contentChunks, PvError, toStream } from "../core/index.ts";
import { createHasher } from "../objects/index.ts";
import type { Revision } from "../revision/index.ts";
import { canonicalJson } from "../state/index.ts";
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

/** Writes a revision's files; all names and objects are looked at before the first file is touched. */
export async function checkout(
  folder: Folder,
  revision: Revision,
  { json, link, pool }: CheckoutOptions & { pool: string },
): Promise<void> {
  const { state, objects } = revision;
  const files = Object.entries(state).filter(([path]) => path !== "#spec");
  for (const [path, value] of files) {
    checkPath(path);
    if (path === ".pvr" || path.startsWith(".pvr/"))
      throw new PvError("PATH_UNSAFE", `${path} is the repository's own`, { path });
    const isObject = typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
    if (!isObject && !path.endsWith(".json"))
      throw new PvError("PATH_UNSAFE", `${path} holds neither an object id nor JSON`, { path });
    if (isObject && !(await objects.has(value)))
      throw new PvError("OBJECT_MISSING", `${path}: object ${value} is not in the pool`, { id: value, path });
  }
  if (link && !folder.link) throw new TypeError("this folder cannot make hard links");
  for (const [path, value] of files) {
    if (typeof value === "string" && /^[0-9a-f]{64}$/.test(value)) {
      if (link) await linkObject(folder, revision, value, path, pool);
      else await folder.write(path, toStream(verified(revision, value, path)));
    } else {
      const canonical = canonicalJson(value ?? null);
      await folder.write(path, link || json === "canonical" ? canonical : goJson(canonical, { indent: "    " }));
    }
  }
}

async function linkObject(folder: Folder, revision: Revision, id: string, path: string, pool: string): Promise<void> {
  for await (const _ of verified(revision, id, path));
  await folder.link!(`${pool === "" ? ".pvr/objects" : pool}/${id}`, path);
  await folder.setMode?.(path, 0o444);
}
