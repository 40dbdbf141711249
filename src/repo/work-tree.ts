import { type JsonValue, type ObjectId, PvError, readBytes } from "../core/index.ts";
import { sha256 } from "../objects/index.ts";
import { parseJson, parseState, type State } from "../state/index.ts";
import type { TreeEntry } from "../tree/index.ts";
import type { Ignores } from "./ignore.ts";
import type { Folder } from "./types.ts";

/** A file of the work tree. */
export interface WorkFile {
  path: string;
  entry: TreeEntry;
}

/** `.pvr/new`: what was added and not yet committed. */
export type Added = ReadonlyMap<string, { raw: boolean }>;

const MAX_JSON_BYTES = 64 * 2 ** 20;

/** A `.json` file is inline unless the state holds an object id for it (64 hex digits, either case). */
export function isInlineJson(path: string, value: JsonValue | undefined): boolean {
  return path.endsWith(".json") && !(typeof value === "string" && /^[0-9a-fA-F]{64}$/.test(value));
}

/** Files of the work tree in the order of their names, folder by folder; symlinks to folders are not entered. */
export async function* walk(folder: Folder, path = ""): AsyncGenerator<WorkFile, void, void> {
  for (const entry of await folder.list(path)) {
    if (entry.kind === "directory") {
      if (entry.path !== ".pvr") yield* walk(folder, entry.path);
    } else yield { path: entry.path, entry };
  }
}

/** pvr's and the device's own files: never tracked unless a state names them. */
function isOwn(path: string): boolean {
  return path.startsWith(".pvr/") || path.startsWith(".pv/");
}

/** The work tree against the tracked names: its state, and what is not tracked. */
export interface WorkTree {
  /** Value of each tracked file that is there. */
  state: State;
  /** Tracked objects and where their bytes are now. */
  objects: ReadonlyMap<string, ObjectId>;
  untracked: readonly string[];
}

/** Reads a `.json` file of the work tree. */
async function readInline(folder: Folder, path: string): Promise<JsonValue> {
  const bytes = await readBytes(folder.read(path), { maxBytes: MAX_JSON_BYTES });
  try {
    return parseJson(bytes);
  } catch (cause) {
    if (!(cause instanceof PvError) || cause.code !== "STATE_INVALID") throw cause;
    const { findings } = (cause as PvError<"STATE_INVALID">).data;
    throw new PvError(
      "STATE_INVALID",
      `${path} is no JSON: ${findings[0]?.message ?? cause.message}`,
      { findings: findings.map((finding) => ({ ...finding, path })) },
      { cause, hint: "mend the file, or track it as an object with add --raw" },
    );
  }
}

/** Hashes and parses every tracked file. */
export async function readWorkTree(folder: Folder, pristine: State, added: Added, ignores: Ignores): Promise<WorkTree> {
  const members: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>;
  members["#spec"] = pristine["#spec"];
  const objects = new Map<string, ObjectId>();
  const untracked: string[] = [];
  for await (const { path, entry } of walk(folder)) {
    const tracked = path !== "#spec" && (Object.hasOwn(pristine, path) || added.has(path));
    // A link counts as what it points to; one to a folder, or to nothing, holds no bytes.
    const isFile = entry.kind === "file" || (entry.kind === "symlink" && entry.target === "file");
    if (!tracked || !isFile) {
      if (!isOwn(path) && !ignores(path)) untracked.push(path);
      continue;
    }
    if (isInlineJson(path, pristine[path]) && added.get(path)?.raw !== true)
      members[path] = await readInline(folder, path);
    else {
      const id = await sha256(folder.read(path));
      members[path] = id;
      objects.set(path, id);
    }
  }
  return { state: Object.freeze(members) as State, objects, untracked };
}

/** Reads `.pvr/json`. */
export async function readPristine(folder: Folder): Promise<State> {
  return parseState(await readBytes(folder.read(".pvr/json"), { maxBytes: MAX_JSON_BYTES }));
}
