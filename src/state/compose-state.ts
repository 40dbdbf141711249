import { type JsonObject, type JsonValue, PvError } from "../core/index.ts";
import { exactNumber } from "./json/exact-numbers.ts";
import { stateBuilder } from "./json/share.ts";
import { writeJson } from "./json/writer.ts";
import { checkSpec, STATE_SPEC } from "./parse-state.ts";
import type { State, StatePart } from "./types.ts";

function sameValue(a: JsonObject, b: JsonObject, key: string): boolean {
  const left = a[key] as JsonValue;
  const right = b[key] as JsonValue;
  if (typeof left === "number" && typeof right === "number") {
    return left === right && exactNumber(a, key) === exactNumber(b, key);
  }
  return left === right || writeJson(left) === writeJson(right);
}

/**
 * One state of many parts; `#spec` is `pantavisor-service-system@1` unless a part says otherwise. Frozen; documents
 * are shared with the parts that were built or parsed, and copied where the caller could still change them.
 *
 * Says nothing about what a device would make of it: {@link checkState} does.
 *
 * @throws `PvError` `STATE_CONFLICT` when two parts give one key different content.
 * @throws `PvError` `STATE_INVALID` when a part holds what is no JSON.
 * @example
 * ```ts
 * import { composeState, container, device, isPvError } from "@pv/sdk";
 * const web = container({ name: "web", type: "lxc" }, { "root.squashfs": "a".repeat(64) });
 * const state = composeState(device({}), web);
 * if (state["#spec"] !== "pantavisor-service-system@1") throw new Error("no spec");
 * try {
 *   composeState(state, { "web/root.squashfs": "b".repeat(64) });
 *   throw new Error("not refused");
 * } catch (error) {
 *   if (!isPvError(error, "STATE_CONFLICT") || error.data.path !== "web/root.squashfs") throw error;
 * }
 * ```
 */
export function composeState(...parts: readonly StatePart[]): State {
  const from = new Map<string, StatePart>();
  for (const part of parts) {
    if (typeof part !== "object" || part === null || Array.isArray(part)) throw new TypeError("a part is an object");
    for (const key of Object.keys(part)) {
      if (part[key] === undefined) continue;
      const before = from.get(key);
      if (before === undefined) from.set(key, part);
      else if (before !== part && !sameValue(before, part, key)) {
        throw new PvError(
          "STATE_CONFLICT",
          `${key}: two parts give it different content`,
          { path: key },
          { hint: "replaceParts(revision, by) lets one give way; removePart(state, name) takes one out" },
        );
      }
    }
  }
  const builder = stateBuilder();
  if (!from.has("#spec")) builder.take({}, "#spec", STATE_SPEC);
  for (const [key, part] of from) builder.take(part, key, part[key]!);
  return checkSpec(builder.end());
}
