import type { JsonObject, JsonValue, ObjectId } from "../../core/index.ts";
import { shareJson } from "../json/share.ts";
import type { StatePart } from "../types.ts";
import { type Problems, shown } from "./problems.ts";
import { checkReserved, isSkipped } from "./words.ts";

/** Documents and objects of one folder, checked as they come, that end as a part of a state. */
export interface FolderBuilder {
  /** A document of the folder. */
  document(path: string, value: JsonValue): JsonValue;
  /** An object of the folder. */
  object(path: string, id: ObjectId): void;
  /** The part. */
  end(): StatePart;
}

/** A {@link FolderBuilder} for the keys below `folder`. */
export function folderBuilder(folder: string, problems: Problems): FolderBuilder {
  const part: Record<string, JsonValue> = {};

  function add(path: string, value: JsonValue): void {
    const key = `${folder}/${path}`;
    const components = path.split("/");
    if (!/^[^\p{Cc}"\\]+$/u.test(path) || components.some((name) => name === "" || name === "." || name === "..")) {
      problems.add(
        "PATH_INVALID",
        key,
        `${shown(path)} is no path below ${folder}/`,
        "give a relative path without empty components, . and ..",
        "the device cannot store it",
      );
    } else if (components.length > 1 && path.endsWith("/run.json")) {
      problems.add(
        "PATH_RESERVED",
        key,
        "a device takes it for a container",
        "call the file anything but run.json",
        "the device starts a container, or refuses the state",
      );
    } else if (isSkipped(key)) {
      problems.add(
        "PATH_RESERVED",
        key,
        "a device skips this name",
        "call the file otherwise",
        "the file is not part of the revision",
      );
    }
    if (Object.hasOwn(part, key)) problems.add("PATH_REPEATED", key, "it is given twice", "give it once");
    part[key] = value;
  }

  return {
    document(path, given) {
      const value = shareJson(given);
      const key = `${folder}/${path}`;
      if (!path.endsWith(".json")) {
        problems.add(
          "PATH_INVALID",
          key,
          "the path of a document ends in .json",
          "end it in .json, or store it as an object",
        );
      }
      const plain = typeof value === "string" && /^[A-Za-z0-9._/ -]*$/.test(value) && !/^[0-9a-fA-F]{64}$/.test(value);
      if (!plain && (typeof value !== "object" || value === null)) {
        problems.add(
          "VALUE_INVALID",
          key,
          `a document cannot be ${shown(value)}`,
          "give an object or a list",
          "the device takes it for an object id, or no signature holds",
        );
      }
      checkReserved(value, key, problems);
      add(path, value);
      return value;
    },
    object(path, id) {
      const key = `${folder}/${path}`;
      if (typeof id !== "string" || !/^[0-9a-f]{64}$/.test(id)) {
        problems.add(
          "OBJECT_ID_INVALID",
          key,
          `${shown(id)} is no object id`,
          "give the SHA-256 of the bytes as 64 lower-case hex digits",
          "the device cannot find the object",
        );
      }
      if (/^(?:run|services|drivers)\.json$/.test(path)) {
        problems.add("PATH_RESERVED", key, "a device wants this document inline", "give it as a document");
      }
      add(path, id);
    },
    end: () => Object.freeze(part),
  };
}

/** Members given as `undefined` are left out, as they are in JSON. */
export function entriesOf<T>(record: Readonly<Record<string, T | undefined>> | undefined): [string, T][] {
  return Object.entries(record ?? {}).filter((entry): entry is [string, T] => entry[1] !== undefined);
}

/** A document that must be an object. */
export function asObject(value: JsonValue): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}
