import { PvError } from "../core/index.ts";
import { utf8 } from "../core/internal.ts";

/** Longest name that the file systems of devices take, in bytes. */
const NAME_MAX_BYTES = 255;
/** Folders of a revision that belong to the tools: a state must not write there. */
const own: ReadonlySet<string> = new Set([".pv", ".pvr"]);

function unsafe(path: string, why: string): PvError<"PATH_UNSAFE"> {
  return new PvError("PATH_UNSAFE", `${JSON.stringify(path)} ${why}`, { path }, { hint: "rename it" });
}

/**
 * The path, if a file can be there: relative, without `.`, `..`, empty or overlong components, outside `.pv/` and
 * `.pvr/`.
 *
 * @throws `PvError` `PATH_UNSAFE` when not.
 */
export function checkPath(path: string): string {
  const parts = path.split("/");
  if (path.startsWith("/")) throw unsafe(path, "is absolute");
  if (/[\0-\u001f\u007f]/.test(path)) throw unsafe(path, "holds a control character");
  if (parts.some((part) => part === "." || part === "..")) throw unsafe(path, "leaves its folder");
  if (parts.includes("")) throw unsafe(path, "has an empty name in it");
  if (parts.some((part) => utf8(part).length > NAME_MAX_BYTES)) throw unsafe(path, "has a name that is too long");
  if (own.has(parts[0]?.toLowerCase() ?? "")) throw unsafe(path, `would write into ${parts[0]}/`);
  return path;
}

/**
 * Checks paths together.
 *
 * @returns All folders above them, outermost first.
 * @throws `PvError` `PATH_UNSAFE` when one cannot be, or is a file and a folder at once.
 */
export function foldersOf(paths: Iterable<string>): string[] {
  const files = new Set<string>();
  for (const path of paths) files.add(checkPath(path));
  const folders = new Set<string>();
  for (const path of files) {
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
      const folder = path.slice(0, at);
      if (files.has(folder)) throw unsafe(folder, `is a file, and the folder of ${path}`);
      folders.add(folder);
    }
  }
  return [...folders];
}
