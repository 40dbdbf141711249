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

function asObject(value: unknown): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** The document of an entry; undefined for objects and lists. */
export function readDocument({ value }: TextEntry): JsonObject | undefined {
  return value.startsWith("{") ? asObject(JSON.parse(value)) : undefined;
}

/** The document of an entry that is a `pvs@2` signature. */
export function readSignature(entry: TextEntry): JsonObject | undefined {
  const document = readDocument(entry);
  return document?.["#spec"] === PVS_SPEC ? document : undefined;
}

/** The protected header; undefined where it is no JSON object in canonical base64url. */
export function readHeader(document: JsonObject): JsonObject | undefined {
  const text = document["protected"];
  const bytes = typeof text === "string" ? decodeBase64Url(text) : undefined;
  if (!bytes) return undefined;
  try {
    return asObject(JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)));
  } catch {
    return undefined;
  }
}

/** The lists of a header; undefined where one is missing or holds anything but strings. */
export function readPatterns(header: JsonObject | undefined): Patterns | undefined {
  const { include, exclude } = asObject(header?.["pvs"]) ?? {};
  const texts = (list: unknown): list is string[] =>
    Array.isArray(list) && list.every((pattern) => typeof pattern === "string");
  return texts(include) && texts(exclude) ? { include, exclude } : undefined;
}
