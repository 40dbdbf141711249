import type { Tree, TreeEntry } from "../tree/index.ts";
import type { SquashfsImage } from "../wasm-squashfs/index.ts";
import { isSameContent } from "./same-content.ts";

/** pvr makes the overlay in a private folder, and its parents as any. */
const [ROOT_MODE, PARENT_MODE] = [0o700, 0o755];
const MAX_LINKS = 40;

/** What a path leads to; undefined where it leads nowhere, or out of the image, which is another machine's then. */
async function followed(image: SquashfsImage, path: string): Promise<TreeEntry | undefined> {
  const rest = path.split("/");
  const at: string[] = [];
  for (let links = 0; rest.length > 0; ) {
    const name = rest.shift()!;
    if (name === "" || name === ".") continue;
    if (name === "..") {
      if (at.pop() === undefined) return undefined;
      continue;
    }
    at.push(name);
    const entry = await image.find(at.join("/"));
    if (!entry) return undefined;
    if (entry.kind !== "symlink") continue;
    if (++links > MAX_LINKS || entry.target.startsWith("/")) return undefined;
    at.pop();
    rest.unshift(...entry.target.split("/"));
  }
  return image.find(at.join("/"));
}

/** pvr compares what both names open to, and takes what cannot be read for unchanged; no device holds anything here. */
async function isChanged(base: SquashfsImage, full: SquashfsImage, path: string): Promise<boolean> {
  const [before, after] = [await followed(base, path), await followed(full, path)];
  if (!before || !after || before.kind === "directory" || after.kind === "directory") return false;
  if (before.kind === "file" && after.kind === "file") return !(await isSameContent(before, after));
  const sizes = [before, after].map((entry) => (entry.kind === "file" ? entry.sizeBytes : 0));
  return sizes[0] !== sizes[1];
}

/** What overlayfs takes for the absence of a path. */
export function overlayWhiteout(path: string): TreeEntry {
  return { kind: "char", path, mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0, major: 0, minor: 0 };
}

/** What pvr finds to differ from a base: contents only; modes, owners and kinds of what both have go unseen. */
export async function exactOverlay(base: SquashfsImage, full: SquashfsImage, signal?: AbortSignal): Promise<Tree> {
  const taken = new Map<string, "new" | "changed">();
  const known = new Set<string>();
  for await (const { path } of full) {
    signal?.throwIfAborted();
    known.add(path);
    if (path === "") continue;
    if (!(await base.find(path))) taken.set(path, "new");
    else if (await isChanged(base, full, path)) taken.set(path, "changed");
  }
  const gone: string[] = [];
  for await (const { path } of base) {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    if (path !== "" && !known.has(path) && known.has(parent)) gone.push(path);
  }
  const parents = new Set<string>();
  for (const path of [...taken.keys(), ...gone])
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) parents.add(path.slice(0, at));
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<TreeEntry, void, void> {
      const folder = { kind: "directory", uid: 0, gid: 0, mtimeSeconds: 0 } as const;
      yield { ...folder, path: "", mode: ROOT_MODE };
      for await (const entry of full) {
        const { path } = entry;
        if (path !== "" && !taken.has(path) && parents.has(path)) yield { ...folder, path, mode: PARENT_MODE };
        else if (taken.has(path)) {
          // A name of a file that is left out, or copied by itself, is a file.
          const apart = entry.kind === "hardlink" && (taken.get(path) !== "new" || taken.get(entry.target) !== "new");
          yield apart ? { ...(await full.find(path))!, path } : entry;
        }
      }
      for (const path of gone) yield overlayWhiteout(path);
    },
  };
}
