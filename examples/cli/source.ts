import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type ObjectStore, parseState, type Revision, readBytes, readExport } from "@pv/sdk";
import { remoteRevision } from "@pv/sdk/hub";
import { directoryStore, fileSource } from "@pv/sdk/node";
import { type Fragment, openRepository, parseFragment } from "@pv/sdk/repo";
import type { Context } from "./context.ts";
import { about } from "./failures.ts";
import { openRemote, remoteUrl } from "./remote.ts";

/** A source of `get`, `merge`, `clone`, `deploy`: a `.pvr` folder, an export, a remote. */
export interface OpenedSource {
  revision: Revision;
  fragment: Fragment;
  /** True for a remote. */
  remote: boolean;
  /** What `.pvr/config` remembers: a remote's address, unless its name may stand for another some day. */
  reference: string;
}

/** Takes `what#parts` apart. */
export function splitReference(reference: string): { what: string; fragment: Fragment } {
  const at = reference.indexOf("#");
  const what = at < 0 ? reference : reference.slice(0, at);
  return { what, fragment: parseFragment(at < 0 ? "" : decoded(reference.slice(at + 1))) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A folder with `json` and `objects/`: an unpacked export. */
async function unpacked(folder: string): Promise<Revision> {
  return {
    state: parseState(await readBytes(fileSource(join(folder, "json")))),
    objects: directoryStore(join(folder, "objects")),
  };
}

async function localFolder(path: string): Promise<Revision> {
  const isRepository = async (folder: string): Promise<boolean> =>
    (await stat(join(folder, ".pvr/json")).catch(() => undefined))?.isFile() === true;
  const folder = basename(path) === ".pvr" ? dirname(path) : path;
  return (await isRepository(folder)) ? (await openRepository(folder)).revision() : unpacked(path);
}

/** Refuses what is no file here and names no remote, before anything is opened. */
export async function checkReference(
  context: Context,
  reference: string,
  options: { anyName?: boolean } = {},
): Promise<void> {
  const { what } = splitReference(reference);
  if (!(await stat(what).catch(() => undefined))) remoteUrl(context, what, options);
}

/** As pvr keeps a reference: slashes of the fragment as `%2F`. */
function asKept(reference: string): string {
  return reference.replace(/#.*$/s, (fragment) => fragment.replaceAll("/", "%2F"));
}

/** Opens a source; objects of an archive go to `store` on the way. */
export async function openSource(
  context: Context,
  reference: string,
  store: ObjectStore,
  options: { anyName?: boolean } = {},
): Promise<OpenedSource> {
  const { what, fragment } = splitReference(reference);
  const found = await stat(what).catch(() => undefined);
  if (found) {
    const revision = found.isDirectory()
      ? await localFolder(what.replace(/\/+$/, ""))
      : await about(what, readExport(fileSource(what), store, context.job));
    return { revision, fragment, remote: false, reference: asKept(reference) };
  }
  const { requests, info, url } = await openRemote(context, what, { anonymous: true, ...options });
  const remembered = options.anyName ? reference : url + reference.slice(what.length);
  return { revision: await remoteRevision(requests, info), fragment, remote: true, reference: asKept(remembered) };
}
