import { containerInvalid } from "./container-invalid.ts";

/** Strings that a device looks for anywhere in the state, or folders with a meaning of their own (runtime.md 0, 2). */
const reserved: ReadonlySet<string> = new Set([
  "bsp",
  "device",
  "trails",
  "objects",
  "boot",
  "config",
  "cache",
  "disks",
  "logs",
  "device.json",
  "groups.json",
  "disks.json",
  "disks_v3.json",
  "run.json",
  "src.json",
  "services.json",
  "mdev.json",
]);

/** Longest file name that every file system of a device takes. */
const MAX_NAME_LENGTH = 255;

/**
 * The name, if it can be a container's: it becomes a folder, a host name, part of mount paths in lxc.container.conf and
 * a member of an overlayfs list, so letters, digits, `.`, `_`, `+`, `-` are all it may hold.
 *
 * @throws `PvError` `CONTAINER_INVALID` when it cannot.
 */
export function checkContainerName(name: string): string {
  if (reserved.has(name)) throw containerInvalid(name, "name", "this name is reserved", "choose another name");
  if (name.length > MAX_NAME_LENGTH || !/^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(name)) {
    throw containerInvalid(
      name.replace(/[^\u0020-\u007e]/g, "?").slice(0, 80),
      "name",
      "a container's name starts with a letter or digit and holds only letters, digits, . _ + -",
      "choose another name",
    );
  }
  return name;
}
