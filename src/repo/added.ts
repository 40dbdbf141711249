import { type Job, type JsonValue, PvError } from "../core/index.ts";
import { canonicalJson, compileGlob, type State } from "../state/index.ts";
import { type FileToHash, hashFiles } from "./hash-files.ts";
import type { Ignores } from "./ignore.ts";
import { readOwnObject } from "./own-file.ts";
import type { Folder, TrackOptions } from "./types.ts";
import { type Added, isFile, isOwn, sizeOf, walk } from "./work-tree.ts";

const PATH = ".pvr/new";

/** Reads `.pvr/new`. */
export async function readAdded(folder: Folder): Promise<Added> {
  const found = await readOwnObject(folder, PATH, "remove it, and add the new files again");
  return new Map(
    Object.entries(found ?? {}).map(([path, member]) => {
      const { ForceObject: raw, Sha: id } = (member ?? {}) as { ForceObject?: JsonValue; Sha?: JsonValue };
      return [path, { raw: raw === true, id: typeof id === "string" ? id : "" }];
    }),
  );
}

/** Writes `.pvr/new` as pvr has it. */
async function writeAdded(folder: Folder, added: Added): Promise<void> {
  const document: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>;
  for (const [path, { raw, id }] of added) document[path] = { ForceObject: raw, Sha: id };
  await folder.write(PATH, canonicalJson(document));
}

/** Forgets what was added. */
export function removeAdded(folder: Folder): Promise<void> {
  return folder.remove(PATH);
}

interface Wanted {
  name: string;
  matches(path: string): boolean;
  hit: boolean;
}

function wanted(path: string): Wanted {
  const name = path.replace(/^(?:\.\/+)+/, "").replace(/\/+$/, "");
  const glob = compileGlob(name);
  return {
    name,
    hit: false,
    matches(file) {
      if (name === "." || name === "" || file === name || file.startsWith(`${name}/`)) return true;
      const verdict = glob(file);
      if (verdict === "bad-pattern")
        throw new PvError("FILE_FAILED", `${path} is no pattern`, { path, reason: "PATTERN" }, { hint: "close its [" });
      return verdict === "match";
    },
  };
}

/**
 * Adds files to those tracked: a file, all of a folder, or what a glob matches.
 *
 * @throws `PvError` `FILE_FAILED` for a pattern that is none, or a path that matches nothing unless that is
 * allowed; nothing is added then.
 */
export async function track(
  folder: Folder,
  pristine: State,
  ignores: Ignores,
  paths: readonly string[],
  options: TrackOptions & Job,
): Promise<void> {
  const { raw = false, missing = "error", signal } = options;
  const added = new Map(await readAdded(folder));
  const all = (paths.length === 0 ? ["."] : paths).map(wanted);
  const files: FileToHash[] = [];
  for await (const file of walk(folder, "", { sweep: true })) {
    const { path, entry } = file;
    if (!isFile(entry) || isOwn(path)) continue;
    const matching = all.filter((each) => each.matches(path));
    for (const each of matching) each.hit = true;
    if (matching.length === 0) continue;
    // What is named, or tracked, is meant; ignoring is for what is swept up.
    const meant = Object.hasOwn(pristine, path) || matching.some(({ name }) => name === path);
    if (!meant && ignores(path)) continue;
    files.push({ path, sizeBytes: await sizeOf(folder, file) });
  }
  const missed = all.find(({ hit, name }) => !hit && name !== "." && name !== "");
  if (missed && missing === "error") {
    const data = { path: missed.name, reason: "ENOENT" };
    throw new PvError("FILE_FAILED", `nothing matches ${missed.name}`, data, { hint: "look at status for the names" });
  }
  for (const [path, id] of await hashFiles(folder, files, { signal })) added.set(path, { raw, id });
  await writeAdded(folder, added);
}
