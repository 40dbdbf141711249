import type { JsonObject, JsonValue } from "../../core/index.ts";
import { goIndentedJson, goString, isList, isObject } from "./go-text.ts";

/** src.json: what a container was made from, enough to make its other files again. */
export type SourceDocument = {
  "#spec"?: string;
  /** Only `builtin-lxc-docker` is known. */
  template?: string;
  /** Name of the container whose file system this one is laid over. */
  base?: string;
  /** Arguments of the template (`PV_*`, `LXC_*`). */
  args?: JsonObject;
  /** Volumes with dm-verity, by file name. */
  dm_enabled?: Readonly<Record<string, boolean>>;
  logs?: readonly JsonObject[];
  exports?: readonly string[];
  /** Overrides members of `docker_config`. */
  config?: JsonObject;
  docker_name?: string;
  docker_tag?: string;
  docker_digest?: string;
  docker_ovl_digest?: string;
  docker_source?: string;
  docker_config?: JsonObject;
  docker_platform?: string;
  format_options?: string;
  pvr?: string;
  rootfs_url?: string;
  rootfs_digest?: string;
  /** Volumes: path to `permanent`, `revision` or `boot`, with `@disk` where one is named. */
  persistence?: Readonly<Record<string, string>>;
};

/** `#spec` of every src.json. */
export const SOURCE_SPEC = "service-manifest-src@1";
/** The one template. */
export const TEMPLATE = "builtin-lxc-docker";

/** The order of members in the file (pvr's struct order). */
const order: readonly (keyof SourceDocument)[] = [
  "base",
  "#spec",
  "template",
  "args",
  "dm_enabled",
  "logs",
  "exports",
  "config",
  "docker_name",
  "docker_tag",
  "docker_digest",
  "docker_ovl_digest",
  "docker_source",
  "docker_config",
  "docker_platform",
  "format_options",
  "pvr",
  "rootfs_url",
  "rootfs_digest",
  "persistence",
];

/** Go's omitempty. */
export function isEmpty(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === false || value === "") return true;
  if (isList(value)) return value.length === 0;
  return isObject(value) && Object.values(value).every((member) => member === undefined);
}

/** A src.json without its empty members, in the order of the file; members that pvr does not know come last. */
export function compactSource(source: JsonObject): SourceDocument & JsonObject {
  const known = new Set<string>([...order, "name"]);
  const others = Object.keys(source).filter((key) => !known.has(key));
  const kept = [...order, ...others].filter((key) => key === "#spec" || !isEmpty(source[key]));
  return Object.fromEntries(kept.map((key) => [key, key === "#spec" ? SOURCE_SPEC : source[key]]));
}

/**
 * The text that pvr writes for a src.json (`json.MarshalIndent(v, " ", " ")`): only its value counts in a state, but a
 * working copy shows the same file.
 */
export function formatSource(source: JsonObject): string {
  const members = Object.entries(compactSource(source)).map(
    ([key, value]) => `\n  ${goString(key)}: ${goIndentedJson(value!, "  ", " ")}`,
  );
  return `{${members.join(",")}\n }`;
}
