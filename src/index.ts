/**
 * Build, check, diff, sign, export and deploy Pantavisor revisions; the curated top level.
 *
 * @module
 */
export * from "./core/index.ts";
export * from "./diff/index.ts";
export * from "./export/index.ts";
export * from "./objects/index.ts";
export * from "./revision/index.ts";
export * from "./sign/index.ts";
export * from "./state/index.ts";
export * from "./tree/index.ts";
