import type { JsonObject, ObjectId } from "../core/index.ts";
import type { StateLike } from "../state/index.ts";
import { partName, stateOf } from "../state/internal.ts";
import { deviceKind } from "./device-rules.ts";
import { diffStates } from "./diff-states.ts";
import { isObjectId, present } from "./member.ts";
import { brokenSignatures } from "./signatures.ts";
import { summarize } from "./summary.ts";
import { transitionOf } from "./transition.ts";
import type { ObjectSet, PlanOptions, Reason, UpdatePlan } from "./types.ts";

/** The objects that a device holds for a state, each once; what it would not read is not among them. */
function objectsOf(state: JsonObject): Set<ObjectId> {
  const read = Object.keys(state).filter((path) => deviceKind(state, path) === "object");
  return new Set(read.map((path) => state[path]).filter(isObjectId));
}

/**
 * What a device does with an update, by its own rules: which containers stop, start or restart, whether it reboots and
 * why, what it downloads and keeps, which signatures no longer hold. Pure and synchronous, fit for every keystroke:
 * sizes, findings and room are passed in, and `openImage` is only kept for {@link explainPlan}.
 *
 * The rules (pantavisor `state.c`): documents are compared by their text, objects by path and id; `src.json`,
 * `build.json` and `_sigs/` are not. A path belongs to the container named like its folder (or the folder in
 * `_config/`). If it belongs to none, or to one whose restart policy, its own or its group's, is `system` (before or
 * after), the device reboots; else that container alone restarts. A state without groups of its own is judged by the
 * four default groups.
 *
 * @throws `PvError` `CHANGE_IMPOSSIBLE` when a document nests deeper than 1,000 levels.
 * @example
 * ```ts
 * import { parseState, planUpdate } from "@pv/sdk";
 * const state = (policy: string, image: string) =>
 *   parseState({
 *     "#spec": "pantavisor-service-system@1",
 *     "web/root.squashfs": image.repeat(64),
 *     "web/run.json": { name: "web", type: "lxc", restart_policy: policy },
 *   });
 * const plan = planUpdate(state("container", "a"), state("container", "b"), { sizes: new Map([["b".repeat(64), 25e6]]) });
 * if (plan.summary !== "Restarts web. No reboot. To download: 1 (23.8 MiB).") throw new Error(plan.summary);
 * const reboot = planUpdate(state("system", "a"), state("system", "b"));
 * if (reboot.reasons[0]?.rule !== "RESTART_POLICY_SYSTEM") throw new Error(reboot.summary);
 * ```
 */
export function planUpdate(from: StateLike, to: StateLike, options: PlanOptions = {}): UpdatePlan {
  const { sizes, have, freeBytes, findings = [], openImage } = options;
  const [old, next] = [stateOf(from), stateOf(to)];
  const diff = diffStates(old, next);
  const paths = [...new Set(diff.parts.flatMap((part) => part.changes.map(({ path }) => path)))];
  const wanted = objectsOf(next);
  const held = new Set(have ?? objectsOf(old));
  // NaN where a size is unknown, unless that counts as something.
  const sum = (ids: readonly ObjectId[], unknown?: number): number =>
    ids.reduce((total, id) => total + (sizes?.get(id) ?? unknown!), 0);
  const objects = (all: Iterable<ObjectId>, keep: (id: ObjectId) => boolean): ObjectSet => {
    const ids = [...all].filter(keep);
    const sizeBytes = sum(ids);
    return { ids, sizeBytes: sizeBytes >= 0 ? sizeBytes : undefined };
  };
  const kept = objects(wanted, (id) => held.has(id));
  const garbage = objects(held, (id) => !wanted.has(id));
  const download = objects(wanted, (id) => !held.has(id));
  const refused: Reason[] = findings
    .filter(({ severity }) => severity === "error")
    .map(({ path, code, message }) => ({ part: partName(path), path, rule: code, message }));
  // What is known of the size may already be too much.
  const known = sum(download.ids, 0);
  if (known > (freeBytes ?? known)) {
    const message = `needs ${known} of ${freeBytes} B`;
    refused.push({ part: "", path: "", rule: "NO_ROOM", message });
  }
  const { reasons, containers } = transitionOf(old, next, paths);
  const moving = containers.some(({ action }) => action !== "keep");
  const plan: UpdatePlan = {
    diff,
    transition: refused[0] ? "rejected" : reasons[0] ? "reboot" : moving ? "containers" : "none",
    reasons: [...refused, ...reasons],
    containers,
    download,
    kept,
    garbage,
    brokenSignatures: brokenSignatures(old, next, paths),
    findings,
    summary: "",
    ...present({ openImage }),
  };
  plan.summary = summarize(plan);
  return plan;
}
