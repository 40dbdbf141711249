/**
 * Where containers come from: registries, image layouts, `docker save` archives, packages, root file systems.
 *
 * @module
 */
export { dockerArchive } from "./docker-archive.ts";
export { imageLayout } from "./image-layout.ts";
export { knownImage } from "./known-image.ts";
export { type ImageReference, parseReference } from "./oci/reference.ts";
export { type PackageOptions, packageArchive } from "./package-archive.ts";
export { type RegistryImageOptions, registryImage } from "./registry-image.ts";
export { revisionPart } from "./revision-part.ts";
export { rootfs } from "./rootfs.ts";
export type {
  ContainerSource,
  ImageConfig,
  ImageOptions,
  Login,
  OpenedSource,
  RegistryAuth,
  SourceOptions,
} from "./types.ts";
