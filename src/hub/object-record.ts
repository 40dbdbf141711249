import { type JsonObject, type JsonValue, type ObjectId, PvError } from "../core/index.ts";
import { trimEnd } from "../core/internal.ts";
import { isObjectId } from "../objects/index.ts";
import type { Revision } from "../revision/index.ts";
import { plainUrl } from "./json-request.ts";

/** Paths of a state by object id: one name each is enough. */
export function objectPaths({ state }: Pick<Revision, "state">): ReadonlyMap<ObjectId, string> {
  const paths = new Map<ObjectId, string>();
  for (const [path, value] of Object.entries(state)) {
    if (path !== "#spec" && typeof value === "string" && isObjectId(value) && !paths.has(value)) paths.set(value, path);
  }
  return paths;
}

/** Where an object's record is, or, without an id, where records are posted to. */
export function recordUrl(objectsUrl: string, id: ObjectId | ""): string {
  return `${trimEnd(objectsUrl, "/")}/${id}`;
}

const escapes: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** What announces an object, byte for byte as pvr sends it; a size as text, since a hub drops a number. */
export function recordText(id: ObjectId, path: string, sizeBytes: number): string {
  const record = {
    id: "",
    "storage-id": "",
    owner: "",
    objectname: path,
    sha256sum: id,
    size: String(sizeBytes),
    "mime-type": "application/octet-stream",
    "signed-puturl": "",
    "signed-geturl": "",
    now: "",
    "expire-time": "",
  };
  return JSON.stringify(record).replace(/[<>&\u2028\u2029]/g, (character) => escapes[character]!);
}

/** A member of a record, as text. */
export function member(record: JsonObject, name: string): string {
  const found: JsonValue | undefined = record[name];
  return typeof found === "string" || typeof found === "number" ? String(found) : "";
}

/** The address in a record, which is its own permission and may lead to another host. */
export function signedUrl(record: JsonObject, name: string, url: string, id: ObjectId): string {
  const address = member(record, name);
  const target = /^(?:https?:\/)?\//.test(address) && URL.canParse(address, url) ? new URL(address, url) : undefined;
  if (target && /^https?:$/.test(target.protocol)) return target.href;
  throw new PvError(
    "OBJECT_MISSING",
    `${plainUrl(url)} gives no address for the object ${id}`,
    { id },
    { hint: "the login may not be the owner's" },
  );
}
