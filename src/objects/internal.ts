/** What the rooms above use of this one, and nobody outside. */
export { readProgress } from "./read-progress.ts";
