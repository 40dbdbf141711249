import { containerInvalid } from "../container-invalid.ts";

/**
 * Values of lxc.container.conf. lxc reads the file line by line, trims blanks and tabs around a value and takes one pair
 * of quotes off it if it begins and ends with the same one (lxc `confile.c`, `parse_line`, since 2.0).
 */
export type ValueCheck = (value: string, option: string) => string;

/**
 * Text that fits on one line.
 *
 * @throws `PvError` `CONTAINER_INVALID` when it holds a line break or a NUL: what follows would become a line of
 * its own, that is a setting of its own.
 */
export function oneLine(name: string, value: string, option: string): string {
  if (/[\n\r\0]/.test(value)) {
    throw containerInvalid(
      name,
      option,
      `${option} holds a line break or a NUL, which lxc.container.conf cannot say`,
      "pass such a value in a file",
    );
  }
  return value;
}

/** A value written so that lxc reads back exactly this one. */
export function lxcValue(name: string, value: string, option: string): string {
  const line = oneLine(name, value, option);
  const first = line.charAt(0);
  const quoted = line.length > 1 && (first === '"' || first === "'") && line.endsWith(first);
  return quoted || /^[ \t]|[ \t]$/.test(line) ? `"${line}"` : line;
}

/** A field of a mount line, blanks and backslashes as octal escapes (getmntent(3)). */
export function mountField(name: string, value: string, option: string): string {
  return oneLine(name, value, option).replace(
    /[ \t\\]/g,
    (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`,
  );
}

/**
 * A mount point, relative to the container's root.
 *
 * @throws `PvError` `CONTAINER_INVALID` when it is empty or would leave the root.
 */
export function mountTarget(name: string, value: string, option: string): string {
  const target = value.replace(/^\/+/, "");
  if (target === "" || target.split("/").includes(".."))
    throw containerInvalid(name, option, `${option} names no folder below the container's root`, "write it without ..");
  return mountField(name, target, option);
}
