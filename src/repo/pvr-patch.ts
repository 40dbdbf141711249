import type { JsonObject, JsonValue } from "../core/index.ts";
import { canonicalJson, carryNumber, type State } from "../state/index.ts";

/** Deeper documents are compared whole. */
const MAX_DEPTH = 500;

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function changes(before: JsonObject, after: JsonObject, depth: number): JsonObject {
  const patch: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>;
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const old = before[key];
    const value = after[key];
    if (value === undefined) patch[key] = null;
    else if (isObject(old) && isObject(value) && depth < MAX_DEPTH) {
      // Of a large state nearly all is the same, which one text for each document tells.
      if (depth === 0 && canonicalJson(old) === canonicalJson(value)) continue;
      const inner = changes(old, value, depth + 1);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (old === undefined || text(before, key) !== text(after, key)) {
      patch[key] = value;
      carryNumber(patch, after, key);
    }
  }
  return patch;
}

/** A member's exact text: a number's own digits are kept beside its parent. */
function text(parent: JsonObject, key: string): string {
  const alone: Record<string, JsonValue> = { [key]: parent[key]! };
  carryNumber(alone, parent, key);
  return canonicalJson(alone);
}

/**
 * What `pvr diff` shows: the merge patch from one state to another, with a null for what is gone. A null of the new
 * state stands there as well, so this is for reading; `createPatch` gives a patch that can be applied.
 */
export function pvrPatch(before: State, after: State): JsonObject {
  return changes(before, after, 0);
}
