import type { JsonObject } from "../core/index.ts";
import { type Containers, containersOf, deviceKind, ownerOf } from "./device-rules.ts";
import { partName, visible } from "./paths.ts";
import type { Reason, UpdatePlan } from "./types.ts";

/** The device's rules about one side of a change: who owns the path, and how that one restarts. */
function rebootRule(path: string, containers: Containers): readonly [rule: string, why: string] | undefined {
  const alone = containers.get(ownerOf(path));
  if (alone) return undefined;
  if (alone === false) return ["RESTART_POLICY_SYSTEM", "its container restarts with the system"];
  if (path.startsWith("bsp/")) return ["BSP_CHANGED", "the board reads it at boot"];
  if (partName(path) === "device") return ["DEVICE_CHANGED", "the system reads it at boot"];
  return ["OWNER_NONE", "it belongs to no container"];
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
    const found = (before && rebootRule(path, old)) ?? (after && rebootRule(path, next));
    if (found) {
      const what = !before ? "added" : after ? "changed" : "removed";
      reasons.push({ part: partName(path), path, rule: found[0], message: `${visible(path)} ${what}; ${found[1]}` });
    } else touched.add(ownerOf(path));
  }
  const names = [...new Set([...old.keys(), ...next.keys()])].sort();
  const containers = names.map((name) => {
    const restarts = reasons.length > 0 || touched.has(name);
    return {
      name,
      action: !old.has(name) ? "start" : !next.has(name) ? "stop" : restarts ? "restart" : "keep",
    } as const;
  });
  return { reasons, containers };
}
