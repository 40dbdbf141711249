/**
 * A path as trees hold it: no leading, trailing or double slash, no `.`; the root is "". Undefined where it would leave
 * its folder: absolute, with a `..`, or with a NUL, at which the C library would cut it.
 */
export function cleanPath(path: string): string | undefined {
  if (path.startsWith("/") || path.includes("\0")) return undefined;
  // Nearly every path is clean already, and this runs for every entry of a tar.
  if (!/(?:^|\/)\.{0,2}(?:\/|$)/.test(path)) return path;
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") return undefined;
    if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** The folder that holds a path; undefined for the root itself. */
export function parentPath(path: string): string | undefined {
  if (path === "") return undefined;
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** The name of an entry within its folder. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** True where `path` lies below `folder`. */
export function isBelow(path: string, folder: string): boolean {
  if (folder === "") return path !== "";
  return path.length > folder.length && path.startsWith(folder) && path.charCodeAt(folder.length) === 0x2f;
}

/** The folders above a path, outermost first, without the root. */
export function ancestors(path: string): string[] {
  const found: string[] = [];
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) found.push(path.slice(0, at));
  return found;
}
