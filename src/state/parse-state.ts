import type { Finding, JsonObject } from "../core/index.ts";
import { stateInvalid } from "./json/errors.ts";
import { readJson } from "./json/reader.ts";
import { shareJson } from "./json/share.ts";
import type { State } from "./types.ts";

/** The `#spec` of every state that this package makes. */
export const STATE_SPEC = "pantavisor-service-system@1";

function finding(code: string, path: string, message: string, effect: string, hint: string): Finding {
  return { code, severity: "error", stage: "parse", path, message, effect, hint };
}

function findingsOf(state: unknown): Finding[] {
  if (typeof state !== "object" || state === null || Array.isArray(state)) {
    const message = "a state is a JSON object, from paths to objects and documents";
    return [finding("STATE_NOT_OBJECT", "", message, "pvr and devices refuse it", "pass the whole state document")];
  }
  const spec = (state as JsonObject)["#spec"];
  if (typeof spec === "string" && Object.hasOwn(state, "#spec")) return [];
  const message = spec === undefined ? 'the state has no "#spec"' : '"#spec" is not a string';
  return [
    finding("SPEC_MISSING", "#spec", message, "a device rejects it", `add "#spec": "${STATE_SPEC}"; composeState does`),
  ];
}

/**
 * A state from its text (or from an object), frozen and without loss: numbers that a double cannot hold keep their
 * digits beside the plain JSON, until the document that holds them is replaced or cloned.
 *
 * Checks that it is a state, not that a device would take it: {@link checkState} says that, of any state and of text.
 *
 * @throws `PvError` `STATE_INVALID` with all findings when the text is no JSON (see {@link parseJson}), no
 * object, or has no `#spec`.
 * @example
 * ```ts
 * import { formatState, parseState } from "@pv/sdk";
 * const state = parseState('{"web/run.json": {"name": "web", "type": "lxc"}, "#spec": "pantavisor-service-system@1"}');
 * const line = '{"#spec":"pantavisor-service-system@1","web/run.json":{"name":"web","type":"lxc"}}';
 * if (formatState(state) !== line) throw new Error("not canonical");
 * ```
 */
export function parseState(text: string | Uint8Array | JsonObject): State {
  const value = typeof text === "string" || text instanceof Uint8Array ? readJson(text).value : shareJson(text);
  return checkSpec(value);
}

/**
 * {@link parseState} of a text from outside, which also refuses a key that is there twice: a device uses both values,
 * pvr the last one, so nobody can say what such a state is.
 */
export function parseUniqueState(text: Uint8Array): State {
  const { value, repeated } = readJson(text);
  const state = checkSpec(value);
  if (repeated === undefined) return state;
  const message = `the key ${JSON.stringify(repeated)} is there twice`;
  throw stateInvalid([
    finding("KEY_REPEATED", repeated, message, "the device uses both, other tools the last one", "keep one of them"),
  ]);
}

/** The value as a state, or an error with all findings. */
export function checkSpec(value: unknown): State {
  const findings = findingsOf(value);
  if (findings.length > 0) throw stateInvalid(findings);
  return value as State;
}
