import type { JsonObject } from "../core/index.ts";
import { partName } from "../state/internal.ts";
import { type Containers, containersOf, deviceKind, ownerOf } from "./device-rules.ts";
import { oneLine } from "./one-line.ts";
import type { Reason, UpdatePlan } from "./types.ts";

const says = {
  RESTART_POLICY_SYSTEM: "restarts with the system",
  BSP_CHANGED: "belongs to the board",
  DEVICE_CHANGED: "describes the device",
  OWNER_NONE: "has no container",
} as const;

/** The device's rules about one side of a change: who owns the path, and how that one restarts. */
function rebootRule(path: string, containers: Containers): keyof typeof says | undefined {
  const alone = containers.get(ownerOf(path));
  if (alone) return undefined;
  if (alone === false) return "RESTART_POLICY_SYSTEM";
  return path.startsWith("bsp/") ? "BSP_CHANGED" : partName(path) === "device" ? "DEVICE_CHANGED" : "OWNER_NONE";
}

/** What a device does with two states that differ in `paths`. */
export function transitionOf(
  from: JsonObject,
  to: JsonObject,
  paths: Iterable<string>,
): Pick<UpdatePlan, "containers" | "reasons"> {
  const [old, next] = [containersOf(from), containersOf(to)];
  const reasons: Reason[] = [];
  const touched = new Set<string>();
  for (const path of paths) {
    const [before, after] = [deviceKind(from, path), deviceKind(to, path)];
    if (!before && !after) continue;
    const rule = (before && rebootRule(path, old)) ?? (after && rebootRule(path, next));
    if (rule) {
      reasons.push({ part: partName(path), path, rule, message: `${oneLine(path)} ${says[rule]}` });
    } else touched.add(ownerOf(path));
  }
  const names = [...new Map([...old, ...next]).keys()].sort();
  const containers = names.map((name) => {
    // One that goes without any of its files (its folder has another name) is left running until the next boot.
    const moves = reasons[0] || touched.has(name);
    return { name, action: !old.has(name) ? "start" : !moves ? "keep" : next.has(name) ? "restart" : "stop" } as const;
  });
  return { reasons, containers };
}
