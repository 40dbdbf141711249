import { isPvError, readBytes } from "../core/index.ts";
import { compileGlob } from "../state/index.ts";
import type { Folder } from "./types.ts";

/** Says whether a path is left out of `add` and of the `?` lines. */
export type Ignores = (path: string) => boolean;

interface Rule {
  matches(path: string): boolean;
  negated: boolean;
}

function compile(line: string): Rule | undefined {
  let text = line.trimEnd();
  if (text === "" || text.startsWith("#")) return undefined;
  const negated = text.startsWith("!");
  if (negated) text = text.slice(1);
  const folderOnly = text.endsWith("/");
  text = text.replace(/\/+$/, "");
  const anchored = text.includes("/");
  text = text.replace(/^\/+/, "");
  if (text === "") return undefined;
  // A name without a slash counts in every folder; a match of a folder takes all that is below.
  const base = anchored ? text : `**/${text}`;
  const globs = (folderOnly ? [`${base}/**`] : [base, `${base}/**`]).map((pattern) => compileGlob(pattern));
  return { negated, matches: (path) => globs.some((glob) => glob(path) === "match") };
}

/** Of the working copy, and not of what a device gets. */
const own: ReadonlySet<string> = new Set([".pvrignore", "pv.lock.json"]);

/** `.pvrignore`: one pattern a line as in a .gitignore (`*`, `**`, `?`, `[..]`, `!` takes back, a last `/` means folders). */
export async function readIgnores(folder: Folder): Promise<Ignores> {
  let text = "";
  try {
    text = new TextDecoder().decode(await readBytes(folder.read(".pvrignore"), { maxBytes: 2 ** 20 }));
  } catch (error) {
    if (!isPvError(error, "FILE_FAILED") || error.data.reason !== "ENOENT") throw error;
  }
  const rules = text.split("\n").flatMap((line) => compile(line) ?? []);
  return (path) => {
    let ignored = own.has(path);
    for (const rule of rules) if (rule.matches(path)) ignored = !rule.negated;
    return ignored;
  };
}
