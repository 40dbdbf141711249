/**
 * Revisions on their way out and in: `.pvrexport.tgz`, and the storage that a device boots.
 *
 * @module
 */
export type { Bootloader } from "./boot-environment.ts";
export { type DeployOptions, deploy } from "./deploy.ts";
export { readExport } from "./read-export.ts";
export { type ExportOptions, writeExport } from "./write-export.ts";
