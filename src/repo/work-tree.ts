import { type Job, type JsonValue, type ObjectId, PvError, readBytes } from "../core/index.ts";
import { sleep, utf8 } from "../core/internal.ts";
import { carryNumber, isInlineJson, parseJson, type State } from "../state/index.ts";
import type { TreeEntry } from "../tree/index.ts";
import { type FileToHash, hashFiles } from "./hash-files.ts";
import type { Ignores } from "./ignore.ts";
import type { ObjectPool } from "./object-pool.ts";
import { isStale, isTemporary } from "./runtime-files.ts";
import type { Folder } from "./types.ts";

/** A file of the work tree. */
export interface WorkFile {
  path: string;
  entry: TreeEntry;
}

/** `.pvr/new`: what was added and not yet committed. */
export type Added = ReadonlyMap<string, { raw: boolean; id: ObjectId }>;

/** Longest document that is taken inline. */
export const MAX_JSON_BYTES: number = 64 * 2 ** 20;
const BUFFER_BYTES = 65_536;
const DOCUMENTS_AT_ONCE = 64;

/**
 * Files of the work tree in the order of their names, folder by folder; symlinks to folders are not entered, and what
 * is just being written is passed by. With `sweep`, what writers have left that are gone is removed.
 */
export async function* walk(
  folder: Folder,
  path = "",
  options: { sweep?: boolean } = {},
): AsyncGenerator<WorkFile, void, void> {
  for (const entry of await folder.list(path)) {
    const name = entry.path.slice(path === "" ? 0 : path.length + 1);
    if (entry.kind === "directory") {
      if (entry.path !== ".pvr") yield* walk(folder, entry.path, options);
    } else if (!isTemporary(name)) yield { path: entry.path, entry };
    else if (options.sweep && isStale(name)) await folder.remove(entry.path);
  }
}

/** True for what holds bytes; a link counts as what it points to. */
export function isFile(entry: TreeEntry): boolean {
  return entry.kind === "file" || (entry.kind === "symlink" && entry.target === "file");
}

/** Length of a file's bytes. */
export async function sizeOf(folder: Folder, { path, entry }: WorkFile): Promise<number> {
  if (entry.kind === "file") return entry.sizeBytes;
  return (await folder.sizeOf?.(path)) ?? Number.POSITIVE_INFINITY;
}

/** pvr's and the device's own files: never tracked unless a state names them. */
export function isOwn(path: string): boolean {
  return path.startsWith(".pvr/") || path.startsWith(".pv/");
}

/** The work tree against the tracked names: its state, and what is not tracked. */
export interface WorkTree {
  /** Value of each tracked file that is there. */
  state: State;
  /** The tracked files that are objects. */
  objects: ReadonlyMap<string, ObjectId>;
  untracked: readonly string[];
}

async function smallFile(folder: Folder, path: string, buffer: Uint8Array): Promise<Uint8Array> {
  const length = (await folder.readInto?.(path, buffer)) ?? Number.POSITIVE_INFINITY;
  return length <= buffer.length
    ? buffer.subarray(0, length)
    : readBytes(folder.read(path), { maxBytes: MAX_JSON_BYTES });
}

/** Puts a `.json` file's value where its path says. */
function setInline(members: Record<string, JsonValue>, path: string, bytes: Uint8Array): void {
  let value: JsonValue;
  try {
    value = parseJson(bytes);
  } catch (cause) {
    if (!(cause instanceof PvError) || cause.code !== "STATE_INVALID") throw cause;
    const { findings } = (cause as PvError<"STATE_INVALID">).data;
    throw new PvError(
      "STATE_INVALID",
      `${path}: ${findings[0]?.message ?? cause.message}`,
      { findings: findings.map((finding) => ({ ...finding, path })) },
      { cause, hint: "mend the file, or track it as an object with add --raw" },
    );
  }
  members[path] = value;
  // A bare number keeps its digits beside its parent, which is this state.
  if (typeof value === "number") {
    const whole = new Uint8Array([...utf8(`{${JSON.stringify(path)}:`), ...bytes, 0x7d]);
    carryNumber(members, parseJson(whole) as Record<string, JsonValue>, path);
  }
}

async function readInline(folder: Folder, paths: readonly string[], members: Record<string, JsonValue>): Promise<void> {
  const buffer = new Uint8Array(BUFFER_BYTES);
  for (const [at, path] of paths.entries()) {
    setInline(members, path, await smallFile(folder, path, buffer));
    // Threads that hash meanwhile are given their next file.
    if (at % DOCUMENTS_AT_ONCE === DOCUMENTS_AT_ONCE - 1) await sleep(0);
  }
}

/** Both at once; when reading fails, hashing ends first. */
async function whileReading<T>(
  hash: (signal: AbortSignal) => Promise<T>,
  read: () => Promise<void>,
  signal?: AbortSignal,
): Promise<T> {
  const stop = new AbortController();
  const hashing = hash(signal ? AbortSignal.any([signal, stop.signal]) : stop.signal);
  hashing.catch(() => {}); // it is looked at below
  try {
    await read();
  } catch (error) {
    stop.abort(error);
    await hashing.catch(() => {});
    throw error;
  }
  return hashing;
}

/** Hashes and parses every tracked file; with a store, objects that it lacks are put into it. */
export async function readWorkTree(
  folder: Folder,
  pristine: State,
  added: Added,
  ignores: Ignores,
  options: { store?: ObjectPool | undefined; sweep?: boolean } & Job = {},
): Promise<WorkTree> {
  const inline: string[] = [];
  const files: FileToHash[] = [];
  const untracked: string[] = [];
  for await (const file of walk(folder, "", options)) {
    options.signal?.throwIfAborted();
    const { path, entry } = file;
    const tracked = path !== "#spec" && (Object.hasOwn(pristine, path) || added.has(path));
    if (!tracked || !isFile(entry)) {
      if (!isOwn(path) && !ignores(path)) untracked.push(path);
    } else if (isInlineJson(path, pristine[path]) && added.get(path)?.raw !== true) inline.push(path);
    else files.push({ path, sizeBytes: await sizeOf(folder, file), isNew: !Object.hasOwn(pristine, path) });
  }
  const members: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>;
  members["#spec"] = pristine["#spec"];
  const objects = await whileReading(
    (signal) => hashFiles(folder, files, { ...options, signal }),
    () => readInline(folder, inline, members),
    options.signal,
  );
  for (const [path, id] of objects) members[path] = id;
  const state: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>;
  for (const path of Object.keys(members).sort()) {
    state[path] = members[path]!;
    if (typeof state[path] === "number") carryNumber(state, members, path);
  }
  return { state: Object.freeze(state) as State, objects, untracked };
}
