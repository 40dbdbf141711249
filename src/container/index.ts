/**
 * Containers and whole revisions from what they are made of: images, root file systems, packages.
 *
 * @module
 */
export * from "../sources/index.ts";
export { createContainer } from "./create-container.ts";
export { createRevision } from "./create-revision.ts";
export { type LockOptions, type LockSource, lockRevision } from "./lock/lock-revision.ts";
export { formatLock, parseLock } from "./lock/lock-text.ts";
export type { LockChange, LockedSource, RevisionLock } from "./lock/types.ts";
export {
  type RenderedContainer,
  type RenderOptions,
  renderContainer,
} from "./template/render-container.ts";
export type { SourceDocument } from "./template/source-document.ts";
export type {
  BspSpec,
  ContainerOptions,
  ContainerSpec,
  ResourceLimits,
  RevisionOptions,
  RevisionSpec,
  UpdateOptions,
  VolumeSetting,
} from "./types.ts";
export { updateContainer } from "./update-container.ts";
