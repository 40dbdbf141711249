import { type ObjectId, PvError } from "../core/index.ts";

/**
 * True for 64 lower-case hex digits, and nothing else: an id becomes a file name.
 *
 * @example
 * ```ts
 * import { isObjectId } from "@pv/sdk/objects";
 * if (isObjectId("../../etc/passwd") || !isObjectId("a".repeat(64))) throw new Error("no");
 * ```
 */
export function isObjectId(id: unknown): id is ObjectId {
  return typeof id === "string" && /^[0-9a-f]{64}$/.test(id);
}

/** The id itself, or an error: what stores do before an id becomes a file name. */
export function checkObjectId(id: string): ObjectId {
  if (isObjectId(id)) return id;
  throw new PvError(
    "OBJECT_ID_INVALID",
    `${JSON.stringify(String(id).slice(0, 100))} is no object id`,
    { id: String(id).slice(0, 100) },
    { hint: "an object id is the SHA-256 of its bytes as 64 lower-case hex digits" },
  );
}

/** Throws unless the bytes are what was expected. */
export function checkExpected(actual: ObjectId, expected: ObjectId | undefined): void {
  if (expected === undefined || actual === expected) return;
  throw new PvError(
    "OBJECT_HASH_MISMATCH",
    `the content has SHA-256 ${actual}, expected ${expected}`,
    { expected, actual },
    { hint: "the content was changed or cut on its way; nothing of it was kept" },
  );
}

/** What reading an absent object throws. */
export function objectMissing(id: ObjectId): PvError<"OBJECT_MISSING"> {
  return new PvError(
    "OBJECT_MISSING",
    `object ${id} is not in the store`,
    { id },
    { hint: "missingObjects(revision) lists what a revision lacks" },
  );
}
