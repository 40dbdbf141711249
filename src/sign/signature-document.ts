import type { JsonObject } from "../core/index.ts";
import { decodeBase64Url } from "./base64.ts";
import { PVS_SPEC } from "./header.ts";
import type { Patterns } from "./selection.ts";
import type { TextEntry } from "./state-text.ts";

/** Where a signature of this name lives; a whole key stays what it is (pvr's `sig ls NAME`). */
export function signatureKey(name: string): string {
  return name.endsWith(".json") ? name : `_sigs/${name}.json`;
}

/** What a signature under this key is called. */
export function signatureName(key: string): string {
  return key.replace(/^_sigs\/(.+)\.json$/, "$1");
}

/** The document of an entry; undefined for objects and lists. */
export function readDocument({ value }: TextEntry): JsonObject | undefined {
  return value.startsWith("{") ? (JSON.parse(value) as JsonObject) : undefined;
}

/** The document of an entry that is a `pvs@2` signature. */
export function readSignature(entry: TextEntry): JsonObject | undefined {
  const document = readDocument(entry);
  return document?.["#spec"] === PVS_SPEC ? document : undefined;
}

/** What the protected header says; undefined where it cannot be read. For judging a signature, `jws.ts` is stricter. */
export function readHeader(document: JsonObject): JsonObject | undefined {
  try {
    const text = new TextDecoder().decode(decodeBase64Url(String(document["protected"])));
    return (JSON.parse(text) as JsonObject | null) ?? undefined;
  } catch {
    // no base64url or no JSON
  }
  return undefined;
}

/** The lists of a header; undefined where one is missing or holds anything but strings. */
export function readPatterns(header: JsonObject | undefined): Patterns | undefined {
  const { include, exclude } = (header?.["pvs"] ?? {}) as JsonObject;
  const texts = (list: unknown): list is string[] =>
    Array.isArray(list) && list.every((pattern) => typeof pattern === "string");
  return texts(include) && texts(exclude) ? { include, exclude } : undefined;
}
