import { isPvError, type JsonValue, type ObjectId, PvError, readBytes } from "../core/index.ts";
import type { ObjectStore } from "../objects/index.ts";
import type { Revision } from "../revision/index.ts";
import { canonicalJson, compileGlob, formatState, parseJson, type State } from "../state/index.ts";
import { checkout } from "./checkout.ts";
import { readConfig, writeConfig } from "./config.ts";
import { type Ignores, readIgnores } from "./ignore.ts";
import { takeLock } from "./lock.ts";
import { objectPool } from "./object-pool.ts";
import type { Folder, Repository, StatusLine } from "./types.ts";
import { type Added, readPristine, readWorkTree, type WorkTree, walk } from "./work-tree.ts";

const NEW = ".pvr/new";
const NO_MESSAGE = "** No commit message **";

/** Bytewise, as pvr sorts. */
function byPath(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

async function readAdded(folder: Folder): Promise<Added> {
  let bytes: Uint8Array;
  try {
    bytes = await readBytes(folder.read(NEW), { maxBytes: 64 * 2 ** 20 });
  } catch (error) {
    if (isPvError(error, "FILE_FAILED") && error.data.reason === "ENOENT") return new Map();
    throw error;
  }
  const value = parseJson(bytes);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new PvError(
      "FILE_FAILED",
      `${NEW} is broken`,
      { path: NEW, reason: "invalid" },
      { hint: "remove it, and add the new files again" },
    );
  }
  return new Map(
    Object.entries(value).map(([path, member]) => [
      path,
      { raw: (member as { ForceObject?: unknown } | null)?.ForceObject === true },
    ]),
  );
}

/** Values that pvr, or a device, would read back as something else. */
function checkCommittable(state: State, changed: readonly string[]): void {
  for (const path of changed) {
    const value = state[path];
    const sha = typeof value === "string" && /^[0-9a-fA-F]{64}$/.test(value) && path.endsWith(".json");
    if (value !== null && !sha) continue;
    const message =
      value === null
        ? "a file that holds null cannot be part of a state"
        : "this JSON text would be read back as an object id";
    const finding = {
      code: value === null ? "VALUE_NULL" : "VALUE_LIKE_OBJECT",
      severity: "error" as const,
      stage: "parse" as const,
      path,
      message,
      effect: "the file is lost or taken for another",
      hint: "track it as an object with add --raw, or leave it out",
    };
    throw new PvError("STATE_INVALID", `${path}: ${message}`, { findings: [finding] }, { hint: finding.hint });
  }
}

/** Opens the repository whose `.pvr/` is in the folder. */
export async function repositoryIn(folder: Folder): Promise<Repository> {
  const config = await readConfig(folder);
  const pool: ObjectStore = objectPool(poolFolder(folder, config.ObjectsDir));
  await readPristine(folder);
  let release: Promise<() => Promise<void>> | undefined;

  async function lock(): Promise<void> {
    release ??= takeLock(folder);
    try {
      await release;
    } catch (error) {
      release = undefined;
      throw error;
    }
  }

  async function work(): Promise<{ pristine: State; added: Added; ignores: Ignores; tree: WorkTree }> {
    const pristine = await readPristine(folder);
    const added = await readAdded(folder);
    const ignores = await readIgnores(folder);
    return { pristine, added, ignores, tree: await readWorkTree(folder, pristine, added, ignores) };
  }

  async function add(paths: readonly string[], raw: boolean): Promise<void> {
    await lock();
    const ignores = await readIgnores(folder);
    const pristine = await readPristine(folder);
    const added = new Map(await readAdded(folder));
    const all = paths.length === 0 || paths.includes(".");
    const wanted = paths.map((path) => path.replace(/^(?:\.\/)+/, "").replace(/\/+$/, ""));
    const globs = wanted.map((path) => compileGlob(path));
    const hit = new Set<number>();
    for await (const { path, entry } of walk(folder)) {
      if (entry.kind !== "file" && !(entry.kind === "symlink" && entry.target === "file")) continue;
      const which = wanted.findIndex(
        (name, at) => path === name || path.startsWith(`${name}/`) || globs[at]!(path) === "match",
      );
      if (which >= 0) hit.add(which);
      if ((which < 0 && !all) || path.startsWith(".pvr/") || path.startsWith(".pv/")) continue;
      // What is named, or tracked, is meant; ignoring is for what is swept up.
      if (ignores(path) && wanted[which] !== path && !Object.hasOwn(pristine, path)) continue;
      added.set(path, { raw: raw || added.get(path)?.raw === true });
    }
    const missed = wanted.find((name, at) => name !== "." && !hit.has(at));
    if (missed !== undefined && !all)
      throw new PvError("FILE_FAILED", `nothing matches ${missed}`, { path: missed, reason: "ENOENT" });
    const document: Record<string, JsonValue> = {};
    for (const [path, { raw: force }] of added) document[path] = { ForceObject: force, Sha: "" };
    await folder.write(NEW, canonicalJson(document));
  }

  async function status(): Promise<readonly StatusLine[]> {
    const { pristine, tree } = await work();
    const lines: StatusLine[] = [];
    for (const path of new Set([...Object.keys(pristine), ...Object.keys(tree.state)])) {
      if (path === "#spec") continue;
      const before = pristine[path];
      const after = tree.state[path];
      if (before === undefined) lines.push({ letter: "A", path });
      else if (after === undefined) lines.push({ letter: "D", path });
      else if (before !== after && canonicalJson(before) !== canonicalJson(after)) lines.push({ letter: "C", path });
    }
    const order = "ADC";
    lines.sort((a, b) => order.indexOf(a.letter) - order.indexOf(b.letter) || byPath(a, b));
    return [...lines, ...tree.untracked.map((path) => ({ letter: "?" as const, path }))];
  }

  /** Objects first, then the state by one rename: a stop at any moment leaves the old or the new revision. */
  async function publish(state: State): Promise<void> {
    await folder.write(".pvr/json", formatState(state));
  }

  return {
    folder,
    root: folder.root,
    objects: pool,
    status,
    add: (...paths) => add(paths, false),
    addRaw: (...paths) => add(paths, true),
    workingState: async () => (await work()).tree.state,
    revision: async () => ({ state: await readPristine(folder), objects: pool }),
    config: () => readConfig(folder),
    async configure(changes) {
      await lock();
      await writeConfig(folder, { ...(await readConfig(folder)), ...changes });
    },
    async commit(message = NO_MESSAGE) {
      await lock();
      const { pristine, tree } = await work();
      checkCommittable(
        tree.state,
        Object.keys(tree.state).filter((path) => !tree.objects.has(path) && pristine[path] !== tree.state[path]),
      );
      for (const [path, id] of tree.objects) await pool.put(folder.read(path), { expect: id });
      await folder.write(".pvr/commitmsg", message);
      await publish(tree.state);
      await folder.remove(NEW);
      return { state: await readPristine(folder), objects: pool };
    },
    async replace(revision) {
      await lock();
      await copyObjects(revision, pool);
      await publish(revision.state);
    },
    async checkout(revision, options = {}) {
      await lock();
      if (revision) {
        await copyObjects(revision, pool);
        await publish(revision.state);
      }
      const state = await readPristine(folder);
      await checkout(folder, { state, objects: pool }, { ...options, pool: (await readConfig(folder)).ObjectsDir });
      await folder.remove(NEW);
    },
    async [Symbol.asyncDispose]() {
      const held = await release?.catch(() => undefined);
      release = undefined;
      await held?.();
    },
  };
}

/** The pool: `ObjectsDir` as it stands, relative to the repository, or `.pvr/objects`. */
function poolFolder(folder: Folder, objectsDir: string): Folder {
  if (objectsDir !== "" && !folder.at)
    throw new PvError("PATH_UNSAFE", `the object pool ${objectsDir} is outside of this folder`, { path: objectsDir });
  if (objectsDir !== "") return folder.at!(objectsDir);
  if (folder.at) return folder.at(".pvr/objects");
  const inside = (path: string): string => `.pvr/objects/${path}`;
  return {
    read: (path) => folder.read(inside(path)),
    write: (path, content) => folder.write(inside(path), content),
    list: async (path) =>
      (await folder.list(path === "" ? ".pvr/objects" : inside(path))).map((entry) => ({
        ...entry,
        path: entry.path.slice(".pvr/objects/".length),
      })),
    rename: (from, to) => folder.rename(inside(from), inside(to)),
    remove: (path) => folder.remove(inside(path)),
  };
}

/** Every object that the revision's state names, from where it is, checked on the way. */
export async function copyObjects({ state, objects }: Revision, pool: ObjectStore): Promise<void> {
  const ids = new Map<ObjectId, string>();
  for (const [path, value] of Object.entries(state)) {
    if (path !== "#spec" && typeof value === "string" && /^[0-9a-f]{64}$/.test(value)) ids.set(value, path);
  }
  for (const [id, path] of ids) {
    if (await pool.has(id)) continue;
    if (!(await objects.has(id)))
      throw new PvError("OBJECT_MISSING", `${path}: object ${id} is not at hand`, { id, path });
    await pool.put(objects.get(id), { expect: id });
  }
}
