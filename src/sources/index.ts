/**
 * Where containers come from: registries, image layouts, `docker save` archives, packages, root file systems.
 *
 * @module
 */
export { dockerArchive } from "./docker-archive.ts";
export { imageLayout } from "./image-layout.ts";
export { type ImageReference, parseReference } from "./oci/reference.ts";
export { type RegistryImageOptions, registryImage } from "./registry-image.ts";
export type {
  ContainerSource,
  ImageConfig,
  ImageOptions,
  Login,
  OpenedSource,
  RegistryAuth,
  SourceOptions,
} from "./types.ts";
