import type { JsonObject } from "../core/index.ts";
import { partName } from "../state/internal.ts";
import { type Containers, containersOf, deviceKind, ownerOf } from "./device-rules.ts";
import { oneLine } from "./one-line.ts";
import type { Reason, UpdatePlan } from "./types.ts";

/** The device's rules about one side of a change, and what they say: who owns the path, how that one restarts. */
function rebootRule(path: string, containers: Containers): readonly [rule: string, says: string] | undefined {
  const alone = containers.get(ownerOf(path));
  if (alone) return undefined;
  if (alone === false) return ["RESTART_POLICY_SYSTEM", "restarts with the system"];
  if (path.startsWith("bsp/")) return ["BSP_CHANGED", "is of the board"];
  return partName(path) === "device" ? ["DEVICE_CHANGED", "is of the device"] : ["OWNER_NONE", "has no container"];
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
    const [rule, says] = (before && rebootRule(path, old)) ?? (after && rebootRule(path, next)) ?? [];
    if (rule) reasons.push({ part: partName(path), path, rule, message: `${oneLine(path)} ${says}` });
    else touched.add(ownerOf(path));
  }
  const names = [...new Map([...old, ...next]).keys()].sort();
  const containers = names.map((name) => {
    // One that goes without any of its files (its folder has another name) is left running until the next boot.
    const moves = reasons[0] || touched.has(name);
    return { name, action: !old.has(name) ? "start" : !moves ? "keep" : next.has(name) ? "restart" : "stop" } as const;
  });
  return { reasons, containers };
}
