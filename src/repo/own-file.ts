import { isPvError, type JsonObject, PvError, readBytes } from "../core/index.ts";
import { parseJson, parseState, type State } from "../state/index.ts";
import type { Folder } from "./types.ts";
import { MAX_JSON_BYTES } from "./work-tree.ts";

function broken(path: string, reason: string, hint: string, cause?: unknown): PvError {
  return new PvError("REPOSITORY_BROKEN", `${path} is broken: ${reason}`, { path, reason }, { hint, cause });
}

async function readOwn<T>(folder: Folder, path: string, hint: string, parse: (bytes: Uint8Array) => T): Promise<T> {
  try {
    return parse(await readBytes(folder.read(path), { maxBytes: MAX_JSON_BYTES }));
  } catch (error) {
    if (isPvError(error, "STATE_INVALID"))
      throw broken(path, error.data.findings[0]?.message ?? error.message, hint, error);
    if (isPvError(error, "FILE_FAILED") && error.data.reason === "EISDIR") throw broken(path, "it is a folder", hint);
    throw error;
  }
}

/**
 * A JSON object of `.pvr/`; undefined where the file is absent.
 *
 * @throws `PvError` `REPOSITORY_BROKEN` when it is there and is none.
 */
export async function readOwnObject(folder: Folder, path: string, hint: string): Promise<JsonObject | undefined> {
  try {
    return await readOwn(folder, path, hint, (bytes) => {
      const value = parseJson(bytes);
      if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
      throw broken(path, "it holds no object", hint);
    });
  } catch (error) {
    if (isPvError(error, "FILE_FAILED") && error.data.reason === "ENOENT") return undefined;
    throw error;
  }
}

/** Reads `.pvr/json`; the state that was read last where the file is the same. */
export function pristineReader(folder: Folder): () => Promise<State> {
  let last: { bytes: Uint8Array; state: State } | undefined;
  return () =>
    readOwn(folder, ".pvr/json", "get or import the revision again", (bytes) => {
      if (!last || !sameBytes(last.bytes, bytes)) last = { bytes, state: parseState(bytes) };
      return last.state;
    });
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
