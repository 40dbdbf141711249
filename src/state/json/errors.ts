import { type Finding, PvError } from "../../core/index.ts";

/** Most characters of JSON text that is read, about; a state of 100,000 keys has 14 million. */
export const MAX_TEXT_LENGTH: number = 64 * 2 ** 20;
/** Most values in one text. */
export const MAX_VALUES = 4_000_000;
/** Deepest nesting, as in Go's encoding/json. */
export const MAX_DEPTH = 10_000;
/** Most characters of canonical text that are written. */
export const MAX_OUTPUT_LENGTH: number = 256 * 2 ** 20;
/** Most zeros that the exponents of one document may be spelled out to. */
export const MAX_EXPANDED_DIGITS: number = 2 ** 20;

const hints = {
  JSON_INVALID: "correct the text; JSON has no comments, no trailing commas and no byte-order mark",
  JSON_TOO_DEEP: "no Pantavisor document nests deeper than ten levels",
  JSON_TOO_LARGE: "a device takes at most 2 MiB of state; files belong into objects, not into the state",
  JSON_NUMBER_RANGE: "write the number with a smaller exponent, or as a string",
  JSON_VALUE: "a document holds null, booleans, finite numbers, strings, arrays and plain objects only",
} as const;

/** What can be wrong with JSON. */
export type JsonProblem = keyof typeof hints;

/** One finding about JSON text or a JSON value. */
export function jsonFinding(code: JsonProblem, message: string, path: string): Finding {
  return {
    code,
    severity: "error",
    stage: "parse",
    path,
    message,
    effect: "pvr refuses it; a device rejects it or reads something else",
    hint: hints[code],
  };
}

/** `STATE_INVALID` with findings; its message is the first one's. */
export function stateInvalid(findings: readonly Finding[]): PvError<"STATE_INVALID"> {
  const [first, ...more] = findings;
  const at = first?.path ? `${first.path}: ` : "";
  const others = more.length === 0 ? "" : ` (and ${more.length} more)`;
  return new PvError(
    "STATE_INVALID",
    `${at}${first?.message ?? "not valid"}${others}`,
    { findings },
    { hint: first?.hint },
  );
}

/** `STATE_INVALID` with one finding about JSON. */
export function jsonError(code: JsonProblem, message: string, path = ""): PvError<"STATE_INVALID"> {
  return stateInvalid([jsonFinding(code, message, path)]);
}
