import type { JsonObject, JsonValue } from "../../core/index.ts";
import { shareJson } from "../json/share.ts";
import type { DeviceDocument, GroupDocument, StatePart } from "../types.ts";
import { autoRecovery, restartPolicy, statusGoal, volumes } from "./checks.ts";
import { type Problems, problems, shown } from "./problems.ts";
import { type Check, count, flag, hasNested, list, mapOf, object, oneOf, text } from "./shape.ts";
import { checkReserved } from "./words.ts";

const group: Check = object(
  { name: text, status_goal: statusGoal, restart_policy: restartPolicy, timeout: count, auto_recovery: autoRecovery },
  ["name"],
);

const diskMembers: Readonly<Record<string, Check>> = {
  name: text,
  type: text,
  path: text,
  mode: oneOf("mainline", "nxp"),
  format: oneOf("swap", "ext4", "ext3"),
  format_options: text,
  mount_target: text,
  mount_options: text,
  provision: text,
  provision_options: text,
  uuid: text,
  default: oneOf("yes"),
  migrate_keyblob: oneOf("yes"),
  aliases: list(text),
  disks: list(text, { most: 4 }),
  init_order: list(oneOf("primary", "secondary", "create-primary", "create-secondary", "copy-once-to-primary"), {
    most: 8,
  }),
};
const diskType = oneOf("dm-crypt-versatile", "dm-crypt-caam", "dm-crypt-dcp", "swap-disk", "volume-disk", "dual");
const disks: Check = list(object({ ...diskMembers, type: diskType }, ["name", "type"]), { nestedLast: true });
/** Where a type that a device does not know is skipped. */
const lenientDisks: Check = list(object(diskMembers, ["name", "type"]), { nestedLast: true });

const pool: Check = (value, path, problems) => {
  const kind =
    typeof value === "object" && value !== null && (value as JsonObject)["type"] === "macvlan" ? "parent" : "bridge";
  const members = {
    type: oneOf("bridge", "macvlan"),
    subnet: text,
    gateway: text,
    bridge: text,
    parent: text,
    nat: flag,
  };
  object(members, ["subnet", "gateway", kind])(value, path, problems);
};

const checkDocument: Check = object(
  {
    groups: list(group, { nestedLast: true, notEmpty: true }),
    disks,
    disks_v2: disks,
    disks_v3: lenientDisks,
    volumes,
    network: object({ pools: mapOf(pool) }),
  },
  ["groups"],
);

/** `data`, `root`, `platform`, `app`, as a device without device.json has them (its `groups.json` of defaults). */
function standardGroups(): readonly GroupDocument[] {
  const system = { restart_policy: "system", timeout: 30 } as const;
  return [
    { name: "data", status_goal: "MOUNTED", ...system },
    { name: "root", status_goal: "STARTED", ...system },
    { name: "platform", status_goal: "STARTED", ...system },
    {
      name: "app",
      status_goal: "STARTED",
      restart_policy: "container",
      timeout: 30,
      auto_recovery: {
        policy: "on-failure",
        max_retries: 5,
        retry_delay: 5,
        backoff_factor: 2,
        stable_timeout: 30,
        backoff_policy: "reboot",
      },
    },
  ];
}

/** Names and aliases are one name space; a device refuses an alias that is another disk's. */
function checkNames(document: JsonObject, problems: Problems): void {
  const groups = new Set<JsonValue>();
  for (const [index, group] of (document["groups"] as readonly JsonObject[]).entries()) {
    if (groups.has(group["name"]!)) {
      problems.add(
        "NAME_REPEATED",
        `device.json/groups/${index}`,
        `there are two groups ${shown(group["name"])}`,
        "name each group once",
        "containers join the first one",
      );
    }
    groups.add(group["name"]!);
  }
  const taken = new Set<JsonValue>();
  for (const key of ["disks", "disks_v2", "disks_v3"]) {
    for (const [index, disk] of ((document[key] ?? []) as readonly JsonObject[]).entries()) {
      const names = new Set([disk["name"]!, ...((disk["aliases"] ?? []) as readonly JsonValue[])]);
      for (const name of names) {
        if (taken.has(name))
          problems.add(
            "NAME_REPEATED",
            `device.json/${key}/${index}`,
            `two disks are called ${shown(name)}`,
            "name each disk once",
          );
        taken.add(name);
      }
    }
  }
}

/** Lists that a device refuses when they are empty go, and the disk with nested values goes last. */
function arranged(given: DeviceDocument): JsonObject {
  const result: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries({ groups: standardGroups(), ...withoutUndefined(given) })) {
    if (/^disks(?:_v[23])?$/.test(key) && Array.isArray(value)) {
      if (value.length === 0) continue;
      const isNested = value.map((disk: JsonValue) => Number(hasNested(disk)));
      const order = [...value.keys()].sort((a, b) => isNested[a]! - isNested[b]!);
      result[key] = order.map((index) => value[index] as JsonValue);
    } else result[key] = value as JsonValue;
  }
  return result;
}

function withoutUndefined(document: object): object {
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== undefined));
}

/**
 * device.json, as a part of a state: groups, disks, volumes and pools of the whole device. Without `groups`, the four
 * standard ones: `data` (MOUNTED), `root`, `platform` (STARTED, a change reboots) and `app` (STARTED, a change
 * restarts the container, `auto_recovery` on failure). Of several disks, the one with aliases goes last, where a
 * device can read it.
 *
 * @throws `PvError` `STATE_INVALID` with all findings when a device would refuse the document, read it wrongly
 * or die of it: a value of the wrong kind, nested values in any but the last group, a name that equals a key.
 * @example
 * ```ts
 * import { device, isPvError } from "@pv/sdk";
 * const part = device({ volumes: { "pv--devmeta": { persistence: "permanent" } } });
 * if (!JSON.stringify(part).includes('"name":"platform"')) throw new Error("no standard groups");
 * try {
 *   device({ groups: [{ name: "app", auto_recovery: { policy: "always" } }, { name: "last" }] });
 *   throw new Error("not refused");
 * } catch (error) {
 *   if (!isPvError(error, "STATE_INVALID") || error.data.findings[0]?.code !== "NESTED_NOT_LAST") throw error;
 * }
 * ```
 */
export function device(document: DeviceDocument): StatePart {
  const value = shareJson(arranged(document)) as JsonObject;
  const found = problems();
  checkDocument(value, "device.json", found);
  checkReserved(value, "device.json", found);
  found.end();
  checkNames(value, found);
  found.end();
  return Object.freeze({ "device.json": value });
}
