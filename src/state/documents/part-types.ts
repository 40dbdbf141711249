import type { JsonObject, JsonValue } from "../../core/index.ts";
import type { ServiceOffer } from "./run-types.ts";

/** services.json: what a container offers to others. Found only beside a run.json of the folder's name. */
export type ServicesDocument = {
  /** Not read by a device. */
  "#spec"?: "service-manifest-xconnect@1" | undefined;
  /** The services. */
  services: readonly ServiceOffer[];
};

/** mdev.json: rules for device nodes in the container, read by the mount hook. */
export type MdevDocument = {
  /** Lines of mdev.conf, such as `.* 0:0 666`. */
  rules: readonly string[];
};

/** args.json and the `args` of src.json: arguments of the template that makes run.json; no device reads them. */
export type ArgsDocument = JsonObject;

/** config.json: what overrides the image's own configuration (`Entrypoint`, `Cmd`, `Env`); no device reads it. */
export type ConfigDocument = {
  Entrypoint?: readonly string[] | undefined;
  Cmd?: readonly string[] | undefined;
  Env?: readonly string[] | undefined;
  WorkingDir?: string | undefined;
  Volumes?: Readonly<Record<string, JsonObject>> | undefined;
};

/** src.json: where a container came from and how it is made again. A device neither reads nor stores it. */
export type SrcDocument = {
  "#spec": "service-manifest-src@1";
  /** `builtin-lxc-docker` is the only one there is. */
  template?: string | undefined;
  /** Another container of the state; this one ships what differs only. */
  base?: string | undefined;
  /** Normally absent. */
  name?: string | undefined;
  /** Arguments of the template. */
  args?: ArgsDocument | undefined;
  /** Volumes under dm-verity. */
  dm_enabled?: Readonly<Record<string, boolean>> | undefined;
  /** Goes to run.json. */
  logs?: readonly JsonObject[] | undefined;
  /** Goes to run.json. */
  exports?: readonly string[] | undefined;
  /** Overrides of `docker_config`, key by key. */
  config?: ConfigDocument | undefined;
  /** Repository with host, without tag. */
  docker_name?: string | undefined;
  docker_tag?: string | undefined;
  /** `name@sha256:...` of the manifest that was chosen. */
  docker_digest?: string | undefined;
  /** The same of the overlay's image. */
  docker_ovl_digest?: string | undefined;
  /** Where the image is looked for: `remote,local`. */
  docker_source?: string | undefined;
  /** The image's own configuration, verbatim. */
  docker_config?: JsonObject | undefined;
  /** `linux/arm64`, where an image had several. */
  docker_platform?: string | undefined;
  /** Arguments for mksquashfs. */
  format_options?: string | undefined;
  /** URL of a pvr source, with `#part`. */
  pvr?: string | undefined;
  /** Path or URL of a root file system. */
  rootfs_url?: string | undefined;
  /** `sha256:...` of the squashfs made from it. */
  rootfs_digest?: string | undefined;
  /** Persistence by volume: `permanent`, or with a disk `permanent@disk`. */
  persistence?: Readonly<Record<string, string>> | undefined;
};

/** pvpkg.json: a package's own description; no device reads it. */
export type PackageDocument = {
  name: string;
  version: string;
  arch?: string | undefined;
  description?: string | undefined;
  license?: string | undefined;
  url?: string | undefined;
  package_url?: string | undefined;
  /** Laid over src.json when the package is installed. */
  src_extra?: { args?: ArgsDocument | undefined } | undefined;
};

/** `_sigs/<name>.json`: a detached signature over a selection of the state. */
export type SignatureDocument = {
  "#spec": "pvs@2";
  /** base64url of the protected header, with the include and exclude lists in `pvs`. */
  protected: string;
  /** base64url. */
  signature: string;
  /** Unprotected header; not believed. */
  header?: JsonObject | undefined;
  /** The signed selection, where it was asked for. */
  payload?: JsonValue | undefined;
};
