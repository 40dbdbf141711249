/** `<container>/run.json`: keys looked up among the members by the start of their name, acted on in a fixed order. */

import { GOALS, RESTART_POLICIES } from "./groups.ts";
import { childrenOf, endOf, isText, kindOf, rawOf, sizeOf, startOf, textOf } from "./lookup.ts";
import { checkAutoRecovery, checkSpelling, look, lookRaw, namesOf, valueToken } from "./members.ts";
import { type Container, quote, type Reading } from "./reading.ts";
import type { FindingCode } from "./rules.ts";
import { readNeeds } from "./services.ts";
import { readStorage } from "./storage.ts";
import { ARRAY, OBJECT, type Tokens } from "./tokenizer.ts";

/** In the order in which the device acts. */
const KEYS = [
  ...["name", "type", "runlevel", "automodfw", "group", "restart_policy", "status_goal", "roles", "auto_recovery"],
  ...[
    "network",
    "config",
    "share",
    "root-volume",
    "volumes",
    "logs",
    "storage",
    "drivers",
    "services",
    "exports",
    "dev-log",
  ],
];
const DRIVERS_KEYS = ["required", "optional", "manual"];
const SERVICES_KEYS = ["required", "optional"];
const RUNLEVELS = ["data", "root", "platform", "app"];

/** One run.json while it is read. */
interface Run {
  readonly reading: Reading;
  readonly json: Tokens;
  readonly path: string;
  container?: Container;
  /** A key that needs a container met none. */
  refused?: boolean;
}

type Act = (run: Run, key: number, raw: string, path: string) => void;

/** For each key, by its place in the list, the first member that begins like it. */
function takeMembers(json: Tokens): (number | undefined)[] {
  const taken: (number | undefined)[] = KEYS.map(() => undefined);
  for (const member of childrenOf(json, 0)) {
    const from = startOf(json, member);
    const first = json.text.charCodeAt(from);
    const length = endOf(json, member) - from;
    for (let i = 0; i < KEYS.length; i++) {
      const name = KEYS[i]!;
      if (name.charCodeAt(0) !== first || taken[i] !== undefined || length < name.length) continue;
      if (json.text.startsWith(name, from)) taken[i] = member;
    }
  }
  return taken;
}

export function readContainer(reading: Reading, key: string, json: Tokens): void {
  if (json.failed || (json.count > 0 && kindOf(json, 0) !== OBJECT)) {
    reading.report("CONTAINER_INVALID", key, `${key} is ${quote(textOf(json))}`);
    return;
  }
  const run: Run = { reading, json, path: key };
  const taken = takeMembers(json);
  for (const [i, name] of KEYS.entries()) {
    const member = taken[i];
    if (member === undefined) continue;
    const path = `${key}/${name}`;
    if (!isText(json, member, name)) {
      reading.report(
        "KEY_SHADOWED",
        path,
        `"${name}" is read from the member ${quote(rawOf(json, member))}, which begins like it`,
      );
    }
    if (valueToken(reading, json, member, path) === undefined) continue;
    acts[name]!(run, member, rawOf(json, member + 1), path);
  }
  if (run.container) checkSpelling(reading, json, KEYS, key);
  else if (!run.refused)
    reading.report(
      "CONTAINER_EMPTY",
      key,
      taken.some((member) => member !== undefined) ? `${key} has no name` : `${key} has no key that is read`,
    );
}

/** Without a container most keys end the reading; the first one is told. */
function nameless(run: Run, path: string, code: FindingCode = "CONTAINER_NAMELESS"): boolean {
  if (run.container) return false;
  if (!run.refused)
    run.reading.report(code, path, `${run.path} has no name, and ${path.slice(run.path.length + 1)} needs one`);
  run.refused = true;
  return true;
}

function enter({ reading, container }: Run, name: string, path: string, code: FindingCode): void {
  const group = reading.groupByName.get(name);
  if (group) container!.group = group;
  else if (!reading.groupsFailed) {
    const known = reading.groups.slice(0, 8).map((other) => other.name);
    reading.report(code, path, `there is no group ${quote(name)}; the groups are: ${known.join(", ") || "none"}`);
  }
}

/** The tokens of a value, when it may be acted on. */
function sub({ reading, json }: Run, key: number): Tokens {
  return reading.sub(json, key + 1);
}

/** Elements of an array; refused when it is none. */
function elements({ reading, json }: Run, key: number, path: string, code: FindingCode): number[] | undefined {
  if (sizeOf(json, key + 1, ARRAY) >= 0) return childrenOf(json, key + 1);
  reading.report(code, path, `${path} is ${quote(rawOf(json, key + 1))}, not an array`);
  return undefined;
}

function image({ container }: Run, name: string, path: string): void {
  container!.volumes.push({ kind: "image", name, path });
}

const word =
  (field: "restart" | "goal", allowed: readonly string[], code: FindingCode): Act =>
  (run, _key, raw, path) => {
    if (nameless(run, path)) return;
    if (allowed.includes(raw)) run.container![field] = raw;
    else run.reading.report(code, path, `${path} is ${quote(raw)}`);
  };

const acts: Readonly<Record<string, Act>> = {
  name: (run, _key, raw) => {
    const key = run.path;
    const container: Container = {
      name: raw,
      folder: key.slice(0, key.lastIndexOf("/")),
      key,
      volumes: [],
      drivers: [],
      needs: [],
      offers: [],
    };
    run.container = container;
    run.reading.containers.push(container);
    if (!run.reading.byName.has(raw)) run.reading.byName.set(raw, container);
    if (!run.reading.byFolder.has(container.folder)) run.reading.byFolder.set(container.folder, container);
  },
  type: (run, _key, raw, path) => {
    if (!nameless(run, path)) run.container!.type = raw;
  },
  runlevel: (run, _key, raw, path) => {
    if (nameless(run, path)) return;
    if (RUNLEVELS.includes(raw)) enter(run, raw, path, "RUNLEVEL_GROUP_MISSING");
    else run.reading.report("VALUE_IGNORED", path, `runlevel ${quote(raw)} is unknown`);
  },
  automodfw: (run, _key, raw, path) => {
    if (nameless(run, path) || raw === "no" || raw === "yes" || raw === "true") return;
    run.reading.report("VALUE_IGNORED", path, `automodfw ${quote(raw)}: only the text "no" switches it off`);
  },
  group: (run, _key, raw, path) => {
    if (!nameless(run, path)) enter(run, raw, path, "GROUP_UNKNOWN");
  },
  restart_policy: word("restart", RESTART_POLICIES, "RESTART_POLICY_INVALID"),
  status_goal: word("goal", GOALS, "STATUS_GOAL_INVALID"),
  roles: (run, key, _raw, path) => {
    const roles = elements(run, key, path, "ROLES_INVALID");
    if (!roles?.length || nameless(run, path)) return;
    for (const role of roles) {
      const raw = rawOf(run.json, role);
      if (raw !== "mgmt" && raw !== "nobody")
        run.reading.report("VALUE_IGNORED", path, `role ${quote(raw)} is unknown`);
    }
  },
  auto_recovery: (run, key, raw, path) => {
    if (nameless(run, path)) return;
    const json = sub(run, key);
    if (json.failed) run.reading.report("AUTO_RECOVERY_UNREADABLE", path, `auto_recovery is ${quote(raw)}`);
    else checkAutoRecovery(run.reading, json, path);
  },
  network: (run, key, raw, path) => {
    if (nameless(run, path)) return;
    const { reading } = run;
    const json = sub(run, key);
    if (json.failed) return reading.report("NETWORK_UNREADABLE", path, `network is ${quote(raw)}`);
    const mode = lookRaw(reading, json, "mode", path);
    const pool = lookRaw(reading, json, "pool", path);
    for (const other of ["hostname", "ip", "mac"]) look(reading, json, other, path);
    if (pool !== undefined) run.container!.pool = pool;
    else if (mode !== "host" && mode !== "pool" && mode !== "none") {
      reading.report(
        "VALUE_IGNORED",
        path,
        mode === undefined ? "network has no mode and no pool" : `network mode ${quote(mode)}`,
      );
    }
  },
  config: ({ container, json, reading }, key, raw, path) => {
    if (container) container.config = raw;
    if (kindOf(json, key + 1) === ARRAY) reading.report("CONFIG_LIST", path, `config is the list ${quote(raw)}`);
  },
  share: () => {},
  "root-volume": (run, _key, raw, path) => {
    if (!nameless(run, path)) image(run, raw, path);
  },
  volumes: (run, key, _raw, path) => {
    const volumes = elements(run, key, path, "VOLUMES_INVALID");
    if (!volumes?.length || nameless(run, path)) return;
    for (const [i, volume] of volumes.entries()) image(run, rawOf(run.json, volume), `${path}/${i}`);
  },
  logs: (run, key, _raw, path) => {
    const { json, reading } = run;
    for (const [i, log] of (elements(run, key, path, "LOGS_INVALID") ?? []).entries()) {
      if (sizeOf(json, log, OBJECT) <= 0) {
        return reading.report("LOGS_INVALID", `${path}/${i}`, `a log entry is ${quote(rawOf(json, log))}`);
      }
      if (nameless(run, path, "CONTAINER_NAMELESS_CRASH")) return;
    }
  },
  storage: ({ container, json, reading }, key, raw, path) => {
    if (readStorage(reading, reading.sub(json, key + 1), path, container?.volumes ?? reading.volumes)) return;
    reading.report("VALUE_IGNORED", path, `storage is ${quote(raw)}, not an object`);
  },
  drivers: (run, key, raw, path) => {
    const { reading } = run;
    const json = sub(run, key);
    if (json.failed) return reading.report("VALUE_IGNORED", path, `drivers is ${quote(raw)}`);
    for (const when of DRIVERS_KEYS) {
      const token = look(reading, json, when, path);
      if (token === undefined) continue;
      const list = reading.sub(json, token);
      const names = list.failed ? undefined : namesOf(list);
      if (!names) {
        reading.report("VALUE_IGNORED", `${path}/${when}`, `${when} is ${quote(rawOf(json, token))}, not an array`);
      } else if (names.length > 0 && !nameless(run, path, "CONTAINER_NAMELESS_CRASH")) {
        for (const alias of names) run.container!.drivers.push({ alias, when, path: `${path}/${when}` });
      }
    }
    checkSpelling(reading, json, DRIVERS_KEYS, path);
  },
  services: (run, key, raw, path) => {
    const { reading } = run;
    const json = sub(run, key);
    if (json.failed) return reading.report("VALUE_IGNORED", path, `services is ${quote(raw)}`);
    for (const when of SERVICES_KEYS) {
      const token = look(reading, json, when, path);
      if (token === undefined) continue;
      const needs = readNeeds(reading, reading.sub(json, token), when === "required", `${path}/${when}`);
      if (!needs) {
        reading.report("VALUE_IGNORED", `${path}/${when}`, `${when} is ${quote(rawOf(json, token))}, not an array`);
      } else if (needs.length > 0 && !nameless(run, path, "CONTAINER_NAMELESS_CRASH")) {
        for (const need of needs) run.container!.needs.push(need);
      }
    }
    checkSpelling(reading, json, SERVICES_KEYS, path);
  },
  exports: (run, key, _raw, path) => {
    if (elements(run, key, path, "EXPORTS_INVALID")?.length) nameless(run, path, "CONTAINER_NAMELESS_CRASH");
  },
  "dev-log": ({ reading }, _key, raw, path) => {
    if (raw !== "true" && raw !== "false")
      reading.report("VALUE_IGNORED", path, `dev-log ${quote(raw)} is neither true nor false`);
  },
};
