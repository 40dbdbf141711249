/**
 * Beside the plain JSON that {@link parseJson} gives, the canonical text of those numbers that a double cannot hold,
 * by the frozen object or array that has them. Objects are frozen, so a text cannot outlive its number; it is lost
 * with the object (a spread, a structured clone), as `JsonValue` is plain JSON.
 */
const texts: WeakMap<object, Map<string | number, string>> = /* @__PURE__ */ new WeakMap();

/** The canonical text of the number `parent[key]`, where the double there does not say it all. */
export function exactNumber(parent: object, key: string | number): string | undefined {
  return texts.get(parent)?.get(key);
}

/** All such texts of one object or array. */
export function exactNumbers(parent: object): ReadonlyMap<string | number, string> | undefined {
  return texts.get(parent);
}

/** Remembers the texts of one object or array. */
export function setExactNumbers(parent: object, numbers: Map<string | number, string>): void {
  texts.set(parent, numbers);
}

/**
 * Says that the member `key` of `to` was taken over from `from` as it is, so that an exact decimal comes along. Only
 * needed for members that are numbers themselves: objects and arrays bring theirs.
 *
 * @example
 * ```ts
 * import { canonicalJson, carryNumber, type JsonObject, parseJson } from "@pv/sdk/state";
 * const before = parseJson('{"big":12345678901234567890}') as JsonObject;
 * const after = { ...before, more: true };
 * carryNumber(after, before, "big");
 * if (canonicalJson(after) !== '{"big":12345678901234567890,"more":true}') throw new Error("rounded");
 * ```
 */
export function carryNumber(to: object, from: object, key: string | number): void {
  const text = texts.get(from)?.get(key);
  const mine = texts.get(to);
  if (text === undefined) mine?.delete(key);
  else if (mine) mine.set(key, text);
  else texts.set(to, new Map([[key, text]]));
}
