import { type JsonObject, type JsonValue, type ObjectId, PvError } from "../core/index.ts";
import { carryNumber, type State } from "../state/index.ts";
import { exactNumber } from "../state/internal.ts";

/** Deepest nesting that is compared; real documents have ten levels, a call stack some ten thousand. */
const MAX_DEPTH = 1000;

/** An object of JSON, no array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** pvr and devices tell objects from documents by this alone (`isInlineJson`, `pv_is_sha256_hex_string`). */
export function isObjectId(value: unknown): value is ObjectId {
  return typeof value === "string" && /^[0-9a-fA-F]{64}$/.test(value);
}

/** True for what a device takes for a signature, under whatever key (pantavisor `signature.c`). */
export function isSignature(value: unknown): boolean {
  return isObject(value) && memberOf(value, "#spec") === "pvs@2";
}

/** An own member: `constructor` and `__proto__` are names like any other; `undefined` where there is none. */
export function memberOf(value: unknown, key: string): JsonValue | undefined {
  return Object.hasOwn(value ?? {}, key) ? (value as JsonObject)[key] : undefined;
}

/** Exact decimals of an array are kept by number. */
const place = (object: object, key: string): string | number => (Array.isArray(object) ? Number(key) : key);

/** What a member becomes, and where its exact decimals are kept; undefined: it goes. */
export type Member = readonly [value: JsonValue | undefined, from: object];

/**
 * A frozen object (or array) of the members of some others; `make` gets each key of any of them with its path and
 * values, the values in the order of the objects.
 */
export function rebuild(
  path: string,
  depth: number,
  objects: readonly object[],
  make: (key: string, path: string, values: readonly (JsonValue | undefined)[]) => Member,
): JsonObject {
  checkDepth(depth, path);
  const result = (Array.isArray(objects[0]) ? [] : {}) as JsonObject;
  for (const key of new Set(objects.flatMap(Object.keys))) {
    const values = objects.map((object) => memberOf(object, key));
    const [value, from] = make(key, path === "" ? key : `${path}/${key}`, values);
    if (value === undefined) continue;
    // A plain assignment to `__proto__` would make no member.
    Object.defineProperty(result, key, { value, enumerable: true });
    if (typeof value === "number") carryNumber(result, from, place(from, key));
  }
  return Object.freeze(result);
}

/** A frozen copy of a value whose owner may change it later. */
export function copyValue(value: JsonValue, depth: number): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  return rebuild("", depth, [value], (_key, _path, [inner]) => [inner && copyValue(inner, depth + 1), value]);
}

/** Without the members that are `undefined`. */
export function present<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter((entry) => entry[1] !== undefined)) as never;
}

/** A change that has no word or no result. */
export const impossible = (path: string, message: string): PvError =>
  new PvError("CHANGE_IMPOSSIBLE", `${path} ${message}`, { path });

/** The object as a state, if it is one. */
export function requireSpec(object: JsonObject): State {
  if (typeof memberOf(object, "#spec") === "string") return object as State;
  throw impossible("#spec", "is gone");
}

/** Ends a document nested deeper than any real one, before the call stack does. */
export function checkDepth(depth: number, path: string): void {
  if (depth > MAX_DEPTH) throw impossible(path, "is too deep");
}

/**
 * True where the member `key` of both has one canonical text: numbers by their exact decimals, members by name in
 * whatever order, `undefined` as absent.
 */
export function sameMember(a: object, b: object, key: string, depth = 0): boolean {
  const [left, right] = [memberOf(a, key), memberOf(b, key)];
  if (typeof left === "number" && typeof right === "number") {
    const exact = exactNumber(a, place(a, key));
    return exact === exactNumber(b, place(b, key)) && (exact !== undefined || left === right);
  }
  if (left === right) return true;
  if (!left || !right || typeof left !== "object" || typeof right !== "object") return false;
  checkDepth(depth, key);
  return (
    Array.isArray(left) === Array.isArray(right) &&
    Object.keys({ ...left, ...right }).every((name) => sameMember(left, right, name, depth + 1))
  );
}
