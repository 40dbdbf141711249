/** What the rooms above use of this one, and nobody outside. */
export * as deviceJson from "./device-json.ts";
export { exactNumber } from "./json/exact-numbers.ts";
export { parseUniqueState } from "./parse-state.ts";
export { partName } from "./part-name.ts";
export { selectKeys } from "./select-keys.ts";
export { stateOf, withState } from "./state-like.ts";
