import { type JsonValue, PvError } from "../core/index.ts";
import type { Revision } from "../revision/index.ts";
import type { State } from "../state/index.ts";
import { exists } from "./exists.ts";
import type { Folder, Repository } from "./types.ts";
import { walk } from "./work-tree.ts";

/** A boot loader's name for a file of the state. */
interface BootLink {
  name: string;
  key: string;
}

function member(document: JsonValue | undefined, name: string): JsonValue | undefined {
  return typeof document === "object" && document !== null && !Array.isArray(document)
    ? (document as Record<string, JsonValue | undefined>)[name]
    : undefined;
}

/**
 * Names in `.pv/` by the rules of a device (`fit`, else `rpiab`, else `linux`, `initrd`, `fdt`, `addons`), with the names
 * that pvr takes for granted where an old `bsp/run.json` has none of these.
 */
export function bootLinks(state: State): readonly BootLink[] {
  const run = state["bsp/run.json"];
  const file = (name: string): string | undefined => {
    const value = member(run, name);
    return typeof value === "string" && value !== "" ? `bsp/${value}` : undefined;
  };
  const links: BootLink[] = [];
  const add = (name: string, key: string | undefined): void => void (key !== undefined && links.push({ name, key }));
  const fit = file("fit");
  const rpiab = file("rpiab");
  if (fit !== undefined) add("pantavisor.fit", fit);
  else if (rpiab !== undefined) add(rpiab.endsWith(".gz") ? "rpiboot.img.gz" : "rpiboot.img", rpiab);
  else {
    add("pv-kernel.img", file("linux") ?? file("kernel") ?? "bsp/kernel.img");
    add("pv-initrd.img", file("initrd") ?? "bsp/pantavisor");
    add("pv-fdt.dtb", file("fdt"));
    const addons = member(run, "addons");
    if (Array.isArray(addons))
      addons.forEach((name, at) => void (typeof name === "string" && add(`pv-initrd.img.${at}`, `bsp/${name}`)));
  }
  return links;
}

/** Removes what the state does not name, and the folders that this leaves empty. */
async function cleanUp(folder: Folder, state: State): Promise<void> {
  const folders = new Set<string>();
  for await (const { path } of walk(folder)) {
    if (Object.hasOwn(state, path) || path.startsWith(".pv/")) continue;
    await folder.remove(path);
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) folders.add(path.slice(0, at));
  }
  const deepestFirst = [...folders].sort((a, b) => b.length - a.length);
  for (const path of deepestFirst) if ((await folder.list(path)).length === 0) await folder.remove(path);
}

/**
 * Makes a repository the trail of a device: the revision's files as hard links into the pool, inline documents
 * canonical, what the state does not name removed, and the boot loader's links in `.pv/`.
 *
 * @throws `PvError` `OBJECT_MISSING` when an object, or a file that the boot loader needs, is not there.
 */
export async function deployRepository(repository: Repository, revision: Revision): Promise<void> {
  const { folder } = repository;
  if (!folder.link) throw new TypeError("this folder cannot make hard links");
  await repository.checkout(revision, { link: true });
  const { state } = await repository.revision();
  await cleanUp(folder, state);
  for (const { path } of await folder.list(".pv"))
    if (/^\.pv\/(?:pv-|pantavisor\.fit$|rpiboot\.)/.test(path)) await folder.remove(path);
  if (state["bsp/run.json"] === undefined) return;
  for (const { name, key } of bootLinks(state)) {
    if (!(await exists(folder, key))) {
      throw new PvError(
        "OBJECT_MISSING",
        `bsp/run.json needs ${key}, which the state does not name`,
        { id: "", path: key },
        { hint: "the rest of the tree is complete; add the file and deploy again" },
      );
    }
    await folder.link(key, `.pv/${name}`);
  }
}
