import type { JsonObject, Source } from "../core/index.ts";
import type { BuildOptions, Revision } from "../revision/index.ts";
import type { ContainerSource, ImageConfig } from "../sources/index.ts";
import type { DeviceDocument, Persistence, RunSettings, ServiceOffer } from "../state/index.ts";
import type { Tree } from "../tree/index.ts";
import type { SquashfsOptions } from "../wasm-squashfs/index.ts";
import type { RevisionLock } from "./lock/types.ts";

/** cgroup limits of a container. */
export type ResourceLimits = {
  /** Most memory, in bytes. */
  memoryBytes?: number | undefined;
  /** Share of the processors against other containers; 1024 is the default weight. */
  cpuShares?: number | undefined;
  /** Most processes. */
  pids?: number | undefined;
};

/** A volume's persistence, and a disk after `@` where one is named. */
export type VolumeSetting = Persistence | `${Persistence}@${string}`;

/** A container: where it comes from, and what is set on top. What ends in a document keeps the document's spelling. */
export interface ContainerSpec extends RunSettings {
  /** Its root file system: a Tree, an image, a package, a part of another revision. */
  from: ContainerSource | Tree;
  /** Over the image's own config, member by member; of a plain Tree it is the config. */
  config?: ImageConfig | undefined;
  /** Folders that hold data, by path; `lxc-overlay` is what the container writes anywhere else. */
  volumes?: Readonly<Record<string, VolumeSetting | undefined>> | undefined;
  /** Services that it gives to others (services.json). */
  provides?: readonly ServiceOffer[] | undefined;
  /** Files given to other containers. */
  exports?: readonly string[] | undefined;
  /** Files laid over its root when it starts (`_config/<name>/`); JSON among them ends up in canonical form. */
  overlay?: Tree | undefined;
  /** Arguments of the template beyond the typed options: `PV_*`, `LXC_*`. */
  args?: JsonObject | undefined;
  /** Lines of mdev.conf for its device nodes (mdev.json). */
  mdev?: readonly string[] | undefined;
  /** Name of the container whose root it is laid over: only what differs is packed. */
  base?: string | undefined;
  /** How its image is packed. */
  squashfs?: SquashfsOptions | undefined;
  /** dm-verity for the root image. */
  verity?: boolean | undefined;
  /** cgroup limits. */
  resources?: ResourceLimits | undefined;
  /** pvr's exact template bytes, defects included; correct output otherwise. */
  compat?: "pvr-2023" | undefined;
}

/** A board. Either `linux` and `initrd`, or `fit`, or `rpiab`. */
export interface BspSpec {
  /** The kernel. */
  linux?: Source | undefined;
  /** The initramfs with Pantavisor in it. */
  initrd?: Source | undefined;
  /** The device tree. */
  fdt?: Source | undefined;
  /** A FIT image. */
  fit?: Source | undefined;
  /** A Raspberry Pi boot image, plain or gzipped. */
  rpiab?: Source | undefined;
  /** Contents of `/lib/modules/<version>`, packed; or a squashfs of them. */
  modules?: Source | Tree | undefined;
  /** Contents of `/lib/firmware`, packed; or a squashfs of them. */
  firmware?: Source | Tree | undefined;
  /** drivers.json. */
  drivers?: JsonObject | undefined;
}

/** A firmware. */
export interface RevisionSpec {
  /** device.json; left out unless given. */
  device?: DeviceDocument | undefined;
  /** The board. */
  bsp?: BspSpec | undefined;
  /** Containers by name. */
  containers?: Readonly<Record<string, ContainerSpec>> | undefined;
}

/** What {@link createContainer} takes besides the container itself. */
export interface ContainerOptions extends ContainerSpec, BuildOptions {
  /** The revision that it will be part of: its groups and its `base` are looked up there. */
  within?: Revision | undefined;
}

/** What {@link updateContainer} takes. */
export interface UpdateOptions extends Partial<ContainerSpec>, BuildOptions {
  /** True to pack only what differs from the container's own root image (pvr's `app update --patch`). */
  patch?: boolean | undefined;
}

/** What {@link createRevision} takes besides the firmware itself. */
export interface RevisionOptions extends BuildOptions {
  /** What `pv.lock.json` says (`parseLock`). */
  lock?: RevisionLock | undefined;
  /** Fail where anything is not what the lock says; default: false. */
  frozen?: boolean | undefined;
  /** Given the lock of what was built (`formatLock` writes it). */
  onLock?: ((lock: RevisionLock) => void) | undefined;
}
