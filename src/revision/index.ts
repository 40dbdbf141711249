/**
 * Revisions: a state with the objects that it names. Composed, never changed.
 *
 * @module
 */
export { compose } from "./compose.ts";
export { createPart } from "./create-part.ts";
export { missingObjects } from "./missing-objects.ts";
export { objectSizes } from "./object-sizes.ts";
export { replaceParts } from "./replace-parts.ts";
export type * from "./types.ts";
