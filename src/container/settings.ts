import type { JsonObject, JsonValue } from "../core/index.ts";
import { containerInvalid } from "./container-invalid.ts";
import { isList, isObject } from "./template/go-text.ts";
import { isEmpty, type SourceDocument } from "./template/source-document.ts";
import type { ContainerSpec, ResourceLimits } from "./types.ts";

/** Typed settings, and the arguments of the template that say the same. */
const argumentNames = {
  group: "PV_GROUP",
  restart_policy: "PV_RESTART_POLICY",
  status_goal: "PV_STATUS_GOAL",
  roles: "PV_ROLES",
  auto_recovery: "PV_AUTO_RECOVERY",
} as const;

const limitNames = {
  memoryBytes: "memory.limit_in_bytes",
  cpuShares: "cpu.shares",
  pids: "pids.max",
} as const;

/** Settings that need no more than run.json. */
export const runSettings: readonly (keyof ContainerSpec)[] = [
  "group",
  "restart_policy",
  "status_goal",
  "roles",
  "auto_recovery",
  "drivers",
  "network",
  "logs",
  "services",
  "exports",
];

/** All settings, that is all of a container but where it comes from and how it is packed. */
export const allSettings: readonly (keyof ContainerSpec)[] = [
  ...runSettings,
  "config",
  "volumes",
  "provides",
  "overlay",
  "args",
  "mdev",
  "base",
  "verity",
  "resources",
];

/** True where one of these is given. */
export function hasAny(spec: Partial<ContainerSpec>, names: readonly (keyof ContainerSpec)[]): boolean {
  return names.some((name) => spec[name] !== undefined);
}

/** `by` over `base`, member by member; null and undefined take a member back. */
function over(base: JsonObject | undefined, by: JsonObject): JsonObject {
  const all = Object.entries({ ...base, ...by });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined && value !== null));
}

function limits(name: string, resources: ResourceLimits, before: JsonValue | undefined): JsonValue[] {
  const lines = isEmpty(before) ? [] : isList(before) ? [...before] : [before!];
  for (const [option, key] of Object.entries(limitNames)) {
    const value = resources[option as keyof ResourceLimits];
    if (value === undefined) continue;
    if (!Number.isSafeInteger(value) || value <= 0)
      throw containerInvalid(name, `resources.${option}`, `${option} must be a whole number above 0`);
    const at = lines.findIndex((line) => typeof line === "string" && line.split("=")[0]!.trim() === key);
    lines.splice(at < 0 ? lines.length : at, at < 0 ? 0 : 1, `${key} = ${value}`);
  }
  return lines;
}

function argumentsWith(name: string, before: JsonObject | undefined, spec: Partial<ContainerSpec>): JsonObject {
  const by: Record<string, JsonValue | undefined> = { ...spec.args };
  for (const [option, key] of Object.entries(argumentNames)) {
    const value = spec[option as keyof typeof argumentNames];
    if (value !== undefined) by[key] = value as JsonValue;
  }
  for (const kind of ["required", "optional", "manual"] as const) {
    if (spec.drivers) by[`PV_DRIVERS_${kind.toUpperCase()}`] = spec.drivers[kind] ?? null;
    if (spec.services && kind !== "manual")
      by[`PV_SERVICES_${kind.toUpperCase()}`] = (spec.services[kind] as JsonValue | undefined) ?? null;
  }
  const key = "PVR_LXC_CGROUP_V1";
  if (spec.resources) by[key] = limits(name, spec.resources, by[key] ?? before?.[key]);
  // The new name of a group wins over the old one of a run level.
  if (spec.group !== undefined && spec.args?.["PV_RUNLEVEL"] === undefined) by["PV_RUNLEVEL"] = null;
  return over(before, by);
}

/**
 * A src.json with the settings of a specification in it, so that they are still there when it is rendered again.
 *
 * @throws `PvError` `CONTAINER_INVALID` when a setting is of the wrong kind.
 */
export function withSettings(
  name: string,
  source: JsonObject,
  spec: Partial<ContainerSpec>,
): SourceDocument & JsonObject {
  const before = source as SourceDocument;
  const given: Record<string, JsonValue | undefined> = {};
  const args = argumentsWith(name, before.args, spec);
  if (before.args !== undefined || Object.keys(args).length > 0) given["args"] = args;
  if (spec.config) given["config"] = over(before.config, spec.config as JsonObject);
  if (spec.volumes) given["persistence"] = over(before.persistence, spec.volumes);
  if (spec.logs) given["logs"] = spec.logs;
  if (spec.exports) given["exports"] = spec.exports;
  return { ...source, ...given };
}

/** Members of run.json that the template cannot say: all of them, or those of newer packages under `compat`. */
export function runMembers(spec: Partial<ContainerSpec>): JsonObject {
  const newer = spec.compat ? { auto_recovery: spec.auto_recovery, services: spec.services } : {};
  return plain({ network: spec.network, ...newer });
}

/** Documents without undefined members, at any depth. */
export function plain(value: object): JsonObject {
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(
    members.map(([key, member]: [string, JsonValue]) => [key, isObject(member) ? plain(member) : member]),
  );
}

/** Settings put straight into a run.json that no template made. */
export function patchRun(run: JsonObject, spec: Partial<ContainerSpec>): JsonObject {
  const given = runSettings.filter((name) => spec[name] !== undefined);
  return { ...run, ...plain(Object.fromEntries(given.map((name) => [name, spec[name]]))) };
}
