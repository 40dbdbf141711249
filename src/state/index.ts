/**
 * The state document: canonical JSON, lossless parsing, builders, parts, and the matchers of signatures.
 *
 * @module
 */
export { canonicalJson } from "./canonical-json.ts";
export { type CheckStateOptions, checkState } from "./check/check-state.ts";
export { formatState } from "./format-state.ts";
export { compileDeviceGlob } from "./glob/compile-device-glob.ts";
export { compileGlob, type GlobVerdict } from "./glob/compile-glob.ts";
export { carryNumber, exactNumber } from "./json/exact-numbers.ts";
export { parseJson } from "./parse-json.ts";
export { parseState } from "./parse-state.ts";
export { stateOf, withState } from "./state-like.ts";
export type * from "./types.ts";
