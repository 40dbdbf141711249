/** The group list: `device.json` `groups`, a legacy `groups.json`, or the device's own default file. */
import { findRaw, kindOf, rawOf, sizeOf, textOf } from "./lookup.ts";
import { checkAutoRecovery, checkSpelling, look, lookRaw, walkList } from "./members.ts";
import { type Group, quote, type Reading } from "./reading.ts";
import { ARRAY, OBJECT, PRIMITIVE, type Tokens } from "./tokenizer.ts";

export const GOALS: readonly string[] = ["MOUNTED", "STARTED", "READY"];
export const RESTART_POLICIES: readonly string[] = ["system", "container"];

const KEYS = ["name", "status_goal", "restart_policy", "timeout", "auto_recovery", "description"];

/** `/etc/pantavisor/defaults/groups.json` of the device; used when the state brings no groups. */
export const STANDARD_GROUPS: readonly Group[] = [
  { name: "data", goal: "MOUNTED" },
  { name: "root", goal: "STARTED" },
  { name: "platform", goal: "STARTED" },
  { name: "app", goal: "STARTED" },
];

/** What the device makes of a timeout: `strtol`, cut to 32 bits; undefined: refused. */
export function readTimeout(raw: string): number | undefined {
  const digits = /^[ \t\n\v\f\r]*([+-]?\d+)/.exec(raw)?.[1];
  if (digits === undefined) return 0;
  const value = BigInt(digits.replace("+", ""));
  if (value !== BigInt.asIntN(64, value)) return undefined;
  const seconds = Number(BigInt.asIntN(32, value));
  return seconds < 0 ? undefined : seconds;
}

/** Reads a group list; the device stops at the first group it refuses. */
export function readGroups(reading: Reading, json: Tokens, path: string): void {
  const refuse = (code: Parameters<Reading["report"]>[0], at: string, message: string): undefined => {
    reading.groupsFailed = true;
    reading.report(code, at, message);
  };
  if (json.failed || sizeOf(json, 0, ARRAY) <= 0) {
    refuse("GROUPS_INVALID", path, `groups is ${quote(textOf(json))}`);
    return;
  }
  walkList(reading, json, path, (token, at) => {
    const group = reading.sub(json, token);
    const keys = sizeOf(group, 0, OBJECT);
    if (group.failed || keys <= 0) {
      return refuse("GROUP_INVALID", at, `the device reads ${quote(rawOf(json, token))} as a group`);
    }
    const goal = lookRaw(reading, group, "status_goal", at);
    if (goal !== undefined && !GOALS.includes(goal)) {
      return refuse("STATUS_GOAL_INVALID", `${at}/status_goal`, `status goal ${quote(goal)}`);
    }
    if (!checkTimeout(reading, group, at))
      return refuse("GROUP_TIMEOUT_INVALID", `${at}/timeout`, "timeout out of range");
    const restart = lookRaw(reading, group, "restart_policy", at);
    if (restart !== undefined && !RESTART_POLICIES.includes(restart)) {
      return refuse("RESTART_POLICY_INVALID", `${at}/restart_policy`, `restart policy ${quote(restart)}`);
    }
    const name = lookRaw(reading, group, "name", at);
    if (name === undefined) return refuse("GROUP_NAMELESS", at, "a group without a name");
    const recovery = look(reading, group, "auto_recovery", at);
    if (recovery !== undefined) {
      const value = reading.sub(group, recovery);
      if (!value.failed) checkAutoRecovery(reading, value, `${at}/auto_recovery`);
      else
        reading.report(
          "AUTO_RECOVERY_IGNORED",
          `${at}/auto_recovery`,
          "auto_recovery is a text the device cannot read",
        );
    }
    if (reading.groupByName.has(name)) {
      reading.report("GROUP_REPEATED", `${at}/name`, `there is a group ${quote(name)} before this one`);
    }
    checkSpelling(reading, group, KEYS, at);
    reading.addGroup({ name, goal: goal ?? "STARTED" });
    return keys;
  });
}

function checkTimeout(reading: Reading, group: Tokens, at: string): boolean {
  const raw = findRaw(group, "timeout");
  const token = look(reading, group, "timeout", at);
  if (raw === undefined || token === undefined) return true;
  const seconds = readTimeout(raw);
  if (seconds === undefined) return false;
  if (kindOf(group, token) !== PRIMITIVE || String(seconds) !== raw) {
    reading.report("TIMEOUT_MISREAD", `${at}/timeout`, `timeout ${quote(raw)} is read as ${seconds} s`);
  }
  return true;
}
