/** What the rooms above use of this one, and nobody outside. */
export { combineReaders } from "./combine-readers.ts";
