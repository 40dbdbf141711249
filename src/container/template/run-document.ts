import type { JsonObject, JsonValue } from "../../core/index.ts";
import { containerInvalid } from "../container-invalid.ts";
import { type Arguments, argumentsOf, isStarted } from "./arguments.ts";
import { isList, isObject } from "./go-text.ts";
import { oneLine } from "./lxc-value.ts";
import { isTrue, pairsOf, splitVolume, type TemplateInput, volumesOf } from "./template-input.ts";

/** Words that a device takes; any other rejects the whole revision (runtime.md 3), a persistence becomes `boot`. */
const words = {
  PV_RUNLEVEL: ["data", "root", "platform", "app"],
  PV_RESTART_POLICY: ["system", "container"],
  PV_STATUS_GOAL: ["MOUNTED", "STARTED", "READY"],
  persistence: ["permanent", "revision", "boot"],
} as const;

function checkWord(name: string, option: string, value: string, known: readonly string[]): string {
  if (known.includes(value)) return value;
  throw containerInvalid(name, option, `${JSON.stringify(value)} is not known`, `one of ${known.join(", ")}`);
}

/** Undefined members are left out of documents. */
function given(args: Arguments, key: string): JsonValue | undefined {
  return args.has(key) ? args.value(key) : undefined;
}

function storageOf(input: TemplateInput): JsonObject {
  const { name, source } = input;
  const storage: Record<string, JsonValue> = {};
  const add = (key: string, value: string, option: string): void => {
    if (key in storage)
      throw containerInvalid(name, option, `two volumes would share the storage ${key}`, "rename one of the paths");
    const { persistence, disk } = splitVolume(value);
    checkWord(name, option, persistence, words.persistence);
    if (disk === "" || value.split("@").length > 2)
      throw containerInvalid(name, option, `${JSON.stringify(value)} must read persistence or persistence@disk`);
    storage[key] = disk === undefined ? { persistence } : { persistence, disk: oneLine(name, disk, option) };
  };
  for (const { path, storage: key, value } of volumesOf(input)) add(key, value, `volumes.${path}`);
  const overlay = source.persistence?.["lxc-overlay"];
  add("lxc-overlay", isTrue(overlay) ? overlay : "boot", "volumes.lxc-overlay");
  return storage;
}

function volumeNames({ name, source }: TemplateInput, args: Arguments): { root: string; volumes: string[] } {
  const verity = (volume: string): string => (source.dm_enabled?.[volume] ? `dm:${volume}` : volume);
  const overlay = isTrue(source.docker_ovl_digest);
  const based = isTrue(source.base);
  const extra = args.has("PV_EXTRA_VOLUMES") ? args.csv("PV_EXTRA_VOLUMES").split(",") : [];
  const mounts = args.has("PV_VOLUME_MOUNTS") ? pairsOf(args.csv("PV_VOLUME_MOUNTS")).map(([volume]) => volume) : [];
  const volumes = [...extra, ...mounts, ...(overlay && !based ? ["root.ovl.squashfs"] : [])];
  const bad = volumes.find((volume) => !/^[^/\s]+\.[^/.\s]+$/.test(volume));
  if (bad !== undefined) {
    const option = extra.includes(bad) ? "args.PV_EXTRA_VOLUMES" : "args.PV_VOLUME_MOUNTS";
    // The runtime takes the file system's type from the ending; without one it reads a null pointer.
    throw containerInvalid(name, option, `${JSON.stringify(bad)} must be a file name with an ending`, "data.squashfs");
  }
  return {
    root: verity(overlay && based ? "root.ovl.squashfs" : "root.squashfs"),
    volumes: [...new Set(volumes)].map(verity),
  };
}

/** Services asked for: a list of documents, or names with commas as older packages write them. */
function services(name: string, args: Arguments): JsonObject | undefined {
  const found: Record<string, JsonValue> = {};
  for (const kind of ["required", "optional"] as const) {
    const key = `PV_SERVICES_${kind.toUpperCase()}`;
    const value = given(args, key);
    if (value === undefined) continue;
    const items = typeof value === "string" ? value.split(",").map((item) => item.trim()) : value;
    if (!isList(items)) throw containerInvalid(name, `args.${key}`, `${key} must be a list`);
    found[kind] = items.map((item) => {
      const need = typeof item === "string" ? { name: item } : item;
      const named = isObject(need) && (isTrue(need["name"]) || isList(need["names"]));
      if (!named) throw containerInvalid(name, `args.${key}`, "a service that is asked for needs a name");
      return need;
    });
  }
  return Object.keys(found).length > 0 ? found : undefined;
}

function networkOf(name: string, args: Arguments): JsonObject | undefined {
  if (!args.has("PV_NETWORK_POOL")) return undefined;
  const members = { ip: "PV_NETWORK_IP", mac: "PV_NETWORK_MAC" };
  return {
    pool: args.text("PV_NETWORK_POOL", ""),
    hostname: args.has("PV_NETWORK_HOSTNAME") ? args.text("PV_NETWORK_HOSTNAME", "") : name,
    ...Object.fromEntries(
      Object.entries(members).flatMap(([member, key]) => (args.has(key) ? [[member, args.text(key, "")]] : [])),
    ),
  };
}

/**
 * run.json as the runtime wants it: `type` is always there (without it the runtime dies at boot), `config` wherever the
 * container is started, every list is one, every word one that a device takes.
 *
 * @throws `PvError` `CONTAINER_INVALID` when a value is of the wrong kind or would reject the revision.
 */
export function runDocument(input: TemplateInput): JsonObject {
  const { name, source, group } = input;
  const args = argumentsOf(input);
  const word = (key: keyof typeof words): string | undefined =>
    args.has(key) ? checkWord(name, `args.${key}`, args.text(key, ""), words[key]) : undefined;
  const recovery = given(args, "PV_AUTO_RECOVERY");
  if (recovery !== undefined && !isObject(recovery))
    throw containerInvalid(name, "args.PV_AUTO_RECOVERY", "PV_AUTO_RECOVERY must be an object");
  if (isTrue(args.value("PV_GROUP")) && args.has("PV_RUNLEVEL"))
    throw containerInvalid(name, "args.PV_RUNLEVEL", "a container has a group or a run level, not both");
  const roles = args.list("PV_ROLES");
  const { root, volumes } = volumeNames(input, args);
  return withoutUndefined({
    "#spec": "service-manifest-run@1",
    name,
    config: isStarted(input) ? "lxc.container.conf" : undefined,
    conditions: given(args, "PV_CONDITIONS"),
    drivers: {
      manual: args.list("PV_DRIVERS_MANUAL"),
      required: args.list("PV_DRIVERS_REQUIRED"),
      optional: args.list("PV_DRIVERS_OPTIONAL"),
    },
    group,
    runlevel: word("PV_RUNLEVEL"),
    restart_policy: word("PV_RESTART_POLICY"),
    status_goal: word("PV_STATUS_GOAL"),
    auto_recovery: recovery,
    network: networkOf(name, args),
    services: services(name, args),
    storage: storageOf(input),
    exports: isTrue(source.exports) ? source.exports : undefined,
    logs: isTrue(source.logs) ? source.logs : undefined,
    type: "lxc",
    roles: roles.length > 0 ? roles : undefined,
    remount: given(args, "PV_REMOUNT"),
    "root-volume": root,
    volumes,
  });
}

function withoutUndefined(document: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== undefined));
}
