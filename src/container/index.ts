/**
 * Containers and whole revisions from what they are made of: images, root file systems, packages.
 *
 * @module
 */
export * from "../sources/index.ts";
export {
  type RenderedContainer,
  type RenderOptions,
  renderContainer,
} from "./template/render-container.ts";
export type { SourceDocument } from "./template/source-document.ts";
