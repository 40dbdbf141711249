import type { Finding, JsonObject, JsonValue } from "../core/index.ts";
import type * as types from "./documents/device-types.ts";
import type * as parts from "./documents/part-types.ts";
import type { RunDocument } from "./documents/run-types.ts";
import { schemas } from "./documents/schemas.ts";
import { stateInvalid } from "./json/errors.ts";
import { readJson } from "./json/reader.ts";
import { shareJson } from "./json/share.ts";

/** The documents of a state, by where they lie. */
export interface Documents {
  "device.json": types.DeviceDocument;
  "bsp/run.json": types.BspDocument;
  "bsp/drivers.json": types.DriversDocument;
  /** Of a container. */
  "run.json": RunDocument;
  "services.json": parts.ServicesDocument;
  "mdev.json": parts.MdevDocument;
  "args.json": parts.ArgsDocument;
  "config.json": parts.ConfigDocument;
  "src.json": parts.SrcDocument;
  "pvpkg.json": parts.PackageDocument;
  /** A signature, `_sigs/<name>.json`. */
  _sigs: parts.SignatureDocument;
}

/** The issues of the schema library, as far as they are used here. */
interface Issue {
  code?: string;
  path: readonly PropertyKey[];
  expected?: string;
  values?: readonly unknown[];
  message: string;
}

const names: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

function findingOf(kind: string, document: JsonObject, issue: Issue): Finding {
  const value = issue.path.reduce<unknown>((at, key) => (at as JsonObject | undefined)?.[key as string], document);
  const wanted = issue.values?.map((one) => JSON.stringify(one)).join(" or ") ?? names[issue.expected ?? ""];
  const what = value === undefined ? "it is missing" : `it is ${JSON.stringify(value).slice(0, 60)}`;
  return {
    code: "DOCUMENT_INVALID",
    severity: "error",
    stage: "parse",
    path: [kind, ...issue.path.map(String)].join("/"),
    message: wanted === undefined ? issue.message : `${what}, not ${wanted}`,
    effect: "its reader refuses it, or reads something else",
    hint: wanted === undefined ? "correct it" : `give ${wanted}`,
  };
}

/**
 * A document of a state with its type, from its text or value: the members that are known have the types they should
 * have, others are kept as they are. Frozen and without loss, as {@link parseJson} gives it.
 *
 * Says that it has the shape, not that a device takes it: {@link checkState} does that for a whole state.
 *
 * @throws `PvError` `STATE_INVALID` with all findings when the text is no JSON, or a member has another type.
 * @example
 * ```ts
 * import { parseDocument } from "@pv/sdk/state";
 * const run = parseDocument("run.json", '{"name":"web","type":"lxc","group":"app","conditions":[]}');
 * if (run.group !== "app" || !("conditions" in run)) throw new Error("not read");
 * ```
 */
export function parseDocument<K extends keyof Documents>(
  kind: K,
  document: string | Uint8Array | JsonValue | Documents[K],
): Documents[K] {
  const isText = typeof document === "string" || document instanceof Uint8Array;
  const value = isText ? readJson(document).value : shareJson(document as JsonValue);
  const result = schemas()[kind].safeParse(value);
  if (result.success) return value as Documents[K];
  const issues = result.error.issues as readonly unknown[] as readonly Issue[];
  throw stateInvalid(issues.slice(0, 100).map((issue) => findingOf(kind, value as JsonObject, issue)));
}
