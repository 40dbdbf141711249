/**
 * The state document: canonical JSON, lossless parsing, builders, parts, and the matchers of signatures.
 *
 * @module
 */
export { bsp } from "./build/bsp.ts";
export { container } from "./build/container.ts";
export { device } from "./build/device.ts";
export { canonicalJson } from "./canonical-json.ts";
export { type CheckStateOptions, checkState } from "./check/check-state.ts";
export { composeState } from "./compose-state.ts";
export { formatState } from "./format-state.ts";
export { compileDeviceGlob } from "./glob/compile-device-glob.ts";
export { compileGlob, type GlobVerdict } from "./glob/compile-glob.ts";
export { carryNumber } from "./json/exact-numbers.ts";
export { listObjects } from "./list-objects.ts";
export { listParts } from "./list-parts.ts";
export { type Documents, parseDocument } from "./parse-document.ts";
export { parseJson } from "./parse-json.ts";
export { parseState } from "./parse-state.ts";
export { isInlineJson } from "./part-name.ts";
export { removePart, selectParts } from "./select-parts.ts";
export type * from "./types.ts";
