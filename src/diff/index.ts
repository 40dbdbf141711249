/**
 * Know before the device does: patches, three-way merge, differences by meaning, the update plan, and how to show it.
 *
 * @module
 */
export { applyPatch } from "./apply-patch.ts";
export { createPatch } from "./create-patch.ts";
export { diffStates } from "./diff-states.ts";
export { explainPlan } from "./explain-plan.ts";
export { mergeStates } from "./merge-states.ts";
export { planUpdate } from "./plan-update.ts";
export { renderDiff } from "./render-diff.ts";
export type * from "./types.ts";
