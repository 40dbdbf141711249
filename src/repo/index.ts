/**
 * pvr's working copy, used by pvr and this library in turn: `.pvr/`, add, commit, status, checkout.
 *
 * @module
 */
export { deployRepository } from "./deploy-repository.ts";
export {
  type Fragment,
  getFragment,
  mergeFragment,
  parseFragment,
  selectFragment,
  unmatchedItems,
} from "./fragment.ts";
export { type GoJsonOptions, goJson } from "./go-json.ts";
export { type InitOptions, initRepository } from "./init-repository.ts";
export { openRepository } from "./open-repository.ts";
export { pvrPatch } from "./pvr-patch.ts";
export { absolutePath, runtimeFolder } from "./runtime-folder.ts";
export { compareStates } from "./status.ts";
export { type Transfer, transferFragment } from "./transfer-fragment.ts";
export type * from "./types.ts";
