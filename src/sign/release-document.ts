import type { JsonObject, ObjectId } from "../core/index.ts";
import { toHex, utf8 } from "../core/internal.ts";
import { digest } from "./crypto.ts";
import { partition } from "./partition.ts";
import { payloadOf, type TextEntry } from "./state-text.ts";

/** What a part, or the rest of the state, must be. */
export interface ReleasePart {
  /** SHA-256 of the canonical text of the part's keys and values, hex. */
  sha256: string;
  /** Bytes of all its objects together, each counted once. */
  sizeBytes: number;
}

/** A release document, read. */
export interface Release {
  sequence: number;
  expires: Date;
  audience: readonly string[] | undefined;
  parts: ReadonlyMap<string, ReleasePart>;
  skeleton: ReleasePart;
}

/** The hashes of a state's parts, and of what is in none. */
export async function hashParts(
  entries: readonly TextEntry[],
): Promise<{ parts: ReadonlyMap<string, HashedPart>; skeleton: HashedPart }> {
  const { parts, rest } = partition(entries);
  const hashed = new Map<string, HashedPart>();
  for (const [name, own] of parts) hashed.set(name, await hashPart(own));
  return { parts: hashed, skeleton: await hashPart(rest) };
}

/** A part's hash, and what it names. */
export interface HashedPart {
  sha256: string;
  objects: ReadonlyMap<ObjectId, string>;
  keys: readonly string[];
}

async function hashPart(entries: readonly TextEntry[]): Promise<HashedPart> {
  const objects = new Map<ObjectId, string>();
  for (const { key, value } of entries) {
    if (/^"[\da-f]{64}"$/.test(value)) objects.set(value.slice(1, -1), key);
  }
  const sha256 = toHex(await digest("SHA-256", utf8(payloadOf(entries))));
  return { sha256, objects, keys: entries.map(({ key }) => key) };
}

function readPart(value: unknown): ReleasePart | undefined {
  const { sha256, sizeBytes } = (value ?? {}) as Record<string, unknown>;
  if (typeof sha256 !== "string" || !/^[\da-f]{64}$/.test(sha256)) return undefined;
  return Number.isSafeInteger(sizeBytes) && (sizeBytes as number) >= 0
    ? { sha256, sizeBytes: sizeBytes as number }
    : undefined;
}

/** A release from its document; else what is wrong with it. */
export function readRelease(document: JsonObject): Release | string {
  const { sequence, expires, audience, parts, skeleton } = document as Record<string, unknown>;
  if (!Number.isSafeInteger(sequence) || (sequence as number) < 1) return "its sequence is no positive integer";
  const date = new Date(typeof expires === "string" ? expires : Number.NaN);
  // The one spelling that signRelease writes: a date that readers could take for another is none.
  if (Number.isNaN(date.getTime()) || date.toISOString() !== expires) return "its expiry is no date";
  const list =
    audience === undefined || (Array.isArray(audience) && audience.every((name) => typeof name === "string"));
  if (!list) return "its audience is no list of names";
  const read = new Map<string, ReleasePart>();
  if (typeof parts !== "object" || parts === null || Array.isArray(parts)) return "its parts are no object";
  for (const [name, value] of Object.entries(parts)) {
    const part = readPart(value);
    if (!part) return `its part ${name} has no hash or no size`;
    read.set(name, part);
  }
  const rest = readPart(skeleton);
  if (!rest) return "its skeleton has no hash or no size";
  return {
    sequence: sequence as number,
    expires: date,
    audience: audience as string[] | undefined,
    parts: read,
    skeleton: rest,
  };
}
