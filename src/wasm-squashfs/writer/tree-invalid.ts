import { PvError } from "../../core/index.ts";

/** An entry that no image can hold. */
export function treeInvalid(path: string, problem: string, hint?: string): PvError<"TREE_INVALID"> {
  return new PvError("TREE_INVALID", `${path || "the root"} ${problem}`, { path }, { hint });
}

/** A path that names nothing inside the tree. */
function pathUnsafe(path: string, problem: string): PvError<"PATH_UNSAFE"> {
  return new PvError(
    "PATH_UNSAFE",
    `${JSON.stringify(path)} ${problem}`,
    { path },
    { hint: 'paths of a tree are relative, with single slashes and without "." and ".."' },
  );
}

/** Throws unless `name` can be one component of `path`. */
export function checkName(name: string, path: string): void {
  if (name === "") throw pathUnsafe(path, "has an empty component");
  if (name === "." || name === "..") throw pathUnsafe(path, `has the component ${JSON.stringify(name)}`);
  if (name.includes("\0")) throw pathUnsafe(path, "has a NUL in it");
  // A lone surrogate that escapes no byte would become U+FFFD, and two names one.
  if (/[\ud800-\udfff]/.test(name) && /[\ud800-\udc7f\udd00-\udfff]/u.test(name)) {
    throw pathUnsafe(path, "is no text: half of a surrogate pair stands alone");
  }
}

/** A whole number of 32 bits, or an error that names the entry. */
export function checkU32(value: number, what: string, path: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= 0xffffffff) return value;
  throw treeInvalid(path, `has the ${what} ${value}`, "squashfs keeps 0 to 4294967295");
}
