import type { JsonObject } from "../../core/index.ts";
import type { AutoRecovery, RestartPolicy, StatusGoal } from "./run-types.ts";

/** Where data lives: across updates, until the next revision, or in memory. */
export type Persistence = "permanent" | "revision" | "boot";

/** One volume of storage. */
export type VolumeDocument = {
  /** Absent: the device drops the volume. Any other word: lost at each boot. */
  persistence: Persistence;
  /** Name or alias of a disk; absent: the default disk, else the device's own storage. */
  disk?: string | undefined;
};

/** One group of containers; groups start in the order of their array, each when the one before reached its goals. */
export type GroupDocument = {
  /** What containers name. Not a word that a group's document uses itself (`timeout`). */
  name: string;
  /** What its containers must reach; default `STARTED`. */
  status_goal?: StatusGoal | undefined;
  /** What a change of its containers costs; default `container`. */
  restart_policy?: RestartPolicy | undefined;
  /** Seconds to reach the goal; over: an update is rolled back, else it is logged. Default 120. */
  timeout?: number | undefined;
  /** For containers that have none. Only in the last group: a device loses its place in the list behind it. */
  auto_recovery?: AutoRecovery | undefined;
  /** Not read. */
  description?: string | undefined;
};

/** A disk: encrypted, swap, a plain volume, or two in one. All values are strings. */
export type DiskDocument = {
  /** What volumes name. */
  name: string;
  /** Another type gets the revision refused; in `disks_v3` it is skipped. */
  type: "dm-crypt-versatile" | "dm-crypt-caam" | "dm-crypt-dcp" | "swap-disk" | "volume-disk" | "dual";
  /** Block device or image: `/storage/disk.img,16,keyname` for dm-crypt (file, MiB, key). */
  path?: string | undefined;
  /** dm-crypt: which kernel interface holds the key. */
  mode?: "mainline" | "nxp" | undefined;
  /** File system; has no default. */
  format?: "ext4" | "ext3" | "swap" | undefined;
  /** Arguments of mkfs or mkswap. */
  format_options?: string | undefined;
  /** Where it is mounted. */
  mount_target?: string | undefined;
  /** Flags of mount, comma separated (`MS_NOATIME`). */
  mount_options?: string | undefined;
  /** `file`, `zram` or `block`: how swap and volumes come to be. */
  provision?: string | undefined;
  /** `size=64M`, `disksize=128M`. (Older documentation calls it `provision_ops`, which no device reads.) */
  provision_options?: string | undefined;
  /** UUID of the file system. */
  uuid?: string | undefined;
  /** `"yes"`: volumes without a disk go here. The boolean `true` is not read. */
  default?: "yes" | undefined;
  /** `"yes"`: moves an old key blob. */
  migrate_keyblob?: "yes" | undefined;
  /** Other names; none may be another disk's. Only in the last disk of an array. */
  aliases?: readonly string[] | undefined;
  /** Of a `dual` disk: the names of the disks it is made of, primary first, at most four. */
  disks?: readonly string[] | undefined;
  /** Of a `dual` disk: what is tried, in order, at most eight. */
  init_order?:
    | readonly ("primary" | "secondary" | "create-primary" | "create-secondary" | "copy-once-to-primary")[]
    | undefined;
};

/** A range of addresses for containers; a bad one is dropped without a word. */
export type NetworkPool = {
  /** Default `bridge`. */
  type?: "bridge" | "macvlan" | undefined;
  /** CIDR, such as `10.0.5.0/24`. */
  subnet: string;
  /** The device's own address in it. */
  gateway: string;
  /** The bridge that the device makes; required for `bridge`. */
  bridge?: string | undefined;
  /** The interface underneath; required for `macvlan`. */
  parent?: string | undefined;
  /** `true`: containers reach the outside through the device. */
  nat?: boolean | undefined;
};

/** device.json, read before everything else; the four standard groups unless given. */
export type DeviceDocument = {
  /** In start order. Must be there: without it the rest of device.json is not read, and a container crashes the device. */
  groups?: readonly GroupDocument[] | undefined;
  /** Read strictly: an unknown type gets the revision refused. Not empty if there. */
  disks?: readonly (DiskDocument | JsonObject)[] | undefined;
  /** More of the same. */
  disks_v2?: readonly (DiskDocument | JsonObject)[] | undefined;
  /** Read leniently: an unknown type is skipped; older devices do not look here. */
  disks_v3?: readonly (DiskDocument | JsonObject)[] | undefined;
  /** Storage of the device itself. */
  volumes?: Readonly<Record<string, VolumeDocument>> | undefined;
  /** Pools of addresses by name. */
  network?: { pools?: Readonly<Record<string, NetworkPool>> | undefined } | JsonObject | undefined;
};

/**
 * bsp/run.json: linux and initrd, or fit, or rpiab; files of the `bsp` folder. The device takes the first string that
 * equals a key for that key, so no file may be called `linux`, `modules` and so on.
 */
export type BspDocument = {
  /** The kernel. */
  linux?: string | undefined;
  /** The initramfs with Pantavisor in it. */
  initrd?: string | undefined;
  /** The device tree. */
  fdt?: string | undefined;
  /** A FIT image; the others are not read then. */
  fit?: string | undefined;
  /** A Raspberry Pi boot image (`.img`, `.img.gz`). */
  rpiab?: string | undefined;
  /** More cpio archives, laid over the initramfs. */
  addons?: readonly string[] | undefined;
  /** A squashfs of kernel modules, mounted into containers. */
  modules?: string | undefined;
  /** A squashfs of firmware. */
  firmware?: string | undefined;
};

/**
 * bsp/drivers.json: kernel modules by the alias that containers ask for. Only `all` is read, and the key of the FIT
 * configuration that was booted.
 */
export type DriversDocument = {
  /** Module lines by alias: `mod arg=${user-meta:key}`. */
  all?: Readonly<Record<string, readonly string[]>> | undefined;
};
