import { type Bytes, type JsonObject, type JsonValue, type ObjectId, PvError, readBytes } from "../core/index.ts";
import { concatBytes, progressReporter, utf8 } from "../core/internal.ts";
import { memoryStore } from "../objects/index.ts";
import { composeState, isInlineJson, parseJson } from "../state/index.ts";
import type { FileEntry, Tree, TreeEntry } from "../tree/index.ts";
import type { BuildOptions, Revision } from "./types.ts";

/** Largest document that is read; a device takes at most 2 MiB of state. */
const MAX_DOCUMENT_BYTES = 64 * 2 ** 20;

function invalid(path: string, message: string, hint: string): PvError<"TREE_INVALID"> {
  return new PvError("TREE_INVALID", `${path}: ${message}`, { path }, { hint });
}

function checkPath(path: string): string {
  const components = path.split("/");
  if (components.some((component) => component === "" || component === "." || component === "..")) {
    throw new PvError(
      "PATH_UNSAFE",
      `${JSON.stringify(path)} is no path below the state`,
      { path },
      { hint: "give a name without empty components, . and .." },
    );
  }
  if (/\p{Surrogate}/u.test(path)) {
    throw invalid(path, "the name is not UTF-8", "rename the file: a state is text");
  }
  return path;
}

/** Where a symbolic link points, from the top of the tree; undefined if it leaves it. */
function resolveLink(from: string, target: string): string | undefined {
  if (target.startsWith("/")) return undefined;
  const path = from.split("/").slice(0, -1);
  for (const component of target.split("/")) {
    if (component === "..") {
      if (path.pop() === undefined) return undefined;
    } else if (component !== "" && component !== ".") path.push(component);
  }
  return path.join("/");
}

/** A document of a file's text; what a state cannot hold is refused. */
function parseDocument(key: string, text: Bytes): JsonObject {
  let document: JsonObject;
  try {
    parseJson(text); // alone first: one value, and nothing after it
    // Inside an object even a bare number keeps its digits.
    document = parseJson(concatBytes([utf8(`{${JSON.stringify(key)}:`), text, utf8("}")])) as JsonObject;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw invalid(key, `not JSON: ${reason}`, "correct the file, or give it another ending than .json");
  }
  const value = document[key] as JsonValue;
  if (value === null) throw invalid(key, "a state cannot hold null: it reads as removed", "leave the file out");
  if (!isInlineJson(key, value)) {
    throw invalid(key, "its text would be taken for the id of an object", "write anything but 64 hex digits");
  }
  return document;
}

/**
 * A folder as a part of a revision, as pvr adds and commits one: files that end in `.json` become documents of the
 * state, all others objects in `store` (`memoryStore()` unless given). Folders, modes, owners and times are not kept;
 * a symbolic link to a file of the tree becomes that file.
 *
 * @throws `PvError` `TREE_INVALID` when a `.json` file is no JSON, when an entry cannot be a file of a state (a
 * link to nothing or to a folder, a device node), or when a name is not UTF-8.
 * @throws `PvError` `PATH_UNSAFE` when the name or a path has `..` in it.
 * @throws `PvError` `STORE_FULL` when the objects exceed what the store takes.
 * @example
 * ```ts
 * import { createPart, files } from "@pv/sdk";
 * const part = await createPart("web", files({ "run.json": '{"name":"web"}', "root.squashfs": "..." }));
 * if (JSON.stringify(part.state["web/run.json"]) !== '{"name":"web"}') throw new Error("no document");
 * if (!(await part.objects.has(part.state["web/root.squashfs"] as string))) throw new Error("no object");
 * ```
 */
export async function createPart(name: string, tree: Tree, options: BuildOptions = {}): Promise<Revision> {
  const { store = memoryStore(), signal } = options;
  checkPath(name);
  const progress = progressReporter(options, { task: "read", subject: name, unit: "bytes" });
  const documents = new Map<string, Bytes>();
  const objects = new Map<string, ObjectId>();
  const links = new Map<string, TreeEntry & { target: string }>();
  const folders = new Set<string>([""]);

  async function take(entry: FileEntry, path: string): Promise<void> {
    if (path.endsWith(".json")) {
      documents.set(path, await readBytes(entry.open(), { signal, maxBytes: MAX_DOCUMENT_BYTES }));
    } else objects.set(path, await store.put(entry.open(), { signal }));
    progress.add(entry.sizeBytes);
  }

  for await (const entry of tree) {
    signal?.throwIfAborted();
    const { path } = entry;
    if (entry.kind === "directory") {
      folders.add(path);
      continue;
    }
    checkPath(`${name}/${path}`);
    for (const kept of [documents, objects, links]) kept.delete(path); // a later entry of the same path wins
    if (entry.kind === "file") await take(entry, path);
    else if (entry.kind === "symlink" || entry.kind === "hardlink") links.set(path, entry);
    else throw invalid(path, `a ${entry.kind} cannot be part of a state`, "drop it with mapTree");
  }

  for (const [path, link] of links) {
    const seen = new Set<string>();
    let target: string | undefined = path;
    for (let next = links.get(path); next; next = target === undefined ? undefined : links.get(target)) {
      target = seen.has(next.path)
        ? undefined
        : next.kind === "hardlink"
          ? next.target
          : resolveLink(next.path, next.target);
      seen.add(next.path);
    }
    const [document, object] = [documents.get(target ?? ""), objects.get(target ?? "")];
    if (target === undefined || (document === undefined && object === undefined)) {
      const what = target !== undefined && folders.has(target) ? "a folder" : "nothing";
      throw invalid(path, `it links to ${what} (${link.target})`, "drop it with mapTree, or put the file there");
    }
    if (path.endsWith(".json")) {
      documents.set(path, document ?? (await readBytes(store.get(object!), { signal, maxBytes: MAX_DOCUMENT_BYTES })));
    } else objects.set(path, object ?? (await store.put(document!, { signal })));
  }

  const parts = [...documents].map(([path, text]) => parseDocument(`${name}/${path}`, text));
  const state = composeState(...parts, Object.fromEntries([...objects].map(([path, id]) => [`${name}/${path}`, id])));
  progress.finish();
  return { state, objects: store };
}
