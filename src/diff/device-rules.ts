import type { JsonObject, JsonValue } from "../core/index.ts";
import { isObjectId, memberOf } from "./member.ts";

/** Keys that a device reads first (pantavisor `parser_system1.c`). */
const reserved = [
  "bsp/run.json",
  "bsp/drivers.json",
  "disks.json",
  "disks_v3.json",
  "groups.json",
  "device.json",
  "#spec",
];

/** What a device keeps of a key, and so compares between two revisions: a document, an object, or nothing. */
export function deviceKind(state: JsonObject, path: string): "document" | "object" | undefined {
  const value = memberOf(state, path);
  // strncmp with the length of the key: a file called "disks" or "d" is taken for one already read.
  const early = reserved.find((name) => name.startsWith(path));
  if (value === undefined || path === "#spec" || (early && early !== path)) return undefined;
  // With device.json, the older documents are not even kept.
  if (early) return !/^(?:bsp|dev)/.test(path) && memberOf(state, "device.json") !== undefined ? undefined : "document";
  if (/\/(?:run|services)\.json$/.test(path)) return "document";
  if (/\/(?:src|build)\.json$|^_sigs\//.test(path)) return undefined;
  return path.endsWith(".json") && !isObjectId(value) ? "document" : "object";
}

/** The containers of a state by name; the value is true where a change of its files restarts it alone. */
export type Containers = ReadonlyMap<string, boolean>;

/** run.json is asked by the beginning of a key: `group_x` is taken for `group`. */
function runMember(run: unknown, wanted: string): string | undefined {
  const key = Object.keys(run ?? {})
    .sort()
    .find((name) => name.startsWith(wanted));
  const value = key === undefined ? undefined : memberOf(run, key);
  return value === undefined || typeof value === "object" ? undefined : String(value);
}

/** The device's own groups, which it uses where a state has none; also what `runlevel` may say. */
const levels = ["data", "root", "app", "platform"];

/** Reads the containers of a state: every document `.../run.json`, by the name it says; the first of a name counts. */
export function containersOf(state: JsonObject): Containers {
  const device = memberOf(state, "device.json");
  const own = device === undefined ? memberOf(state, "groups.json") : (memberOf(device, "groups") ?? []);
  // A container without group lands in the last one; without own groups in "root" or "platform", which restart alike.
  const four = levels.map((name) => ({ name, restart_policy: name === "app" ? "container" : "system" }));
  const groups = [own ?? four].flat() as readonly JsonValue[];
  const containers = new Map<string, boolean>();
  const paths = Object.keys(state).filter((path) => path.endsWith("/run.json") && path !== "bsp/run.json");
  for (const path of paths.sort()) {
    const run = memberOf(state, path);
    const [name, level, named, own] = ["name", "runlevel", "group", "restart_policy"].map((key) => runMember(run, key));
    if (name === undefined || containers.has(name)) continue;
    const wanted = named ?? levels.find((one) => one === level);
    const group = wanted === undefined ? groups.at(-1) : groups.find((one) => memberOf(one, "name") === wanted);
    // What the device does not know, it reboots for.
    containers.set(name, (own ?? (group && (memberOf(group, "restart_policy") ?? "container"))) === "container");
  }
  return containers;
}

/** The container that a key belongs to, by the folder's name; empty: to the system. */
export function ownerOf(path: string): string {
  const [first = "", second = ""] = path.split("/").filter(Boolean);
  return first === "_config" ? second : first;
}
