import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  canonicalJson,
  composeState,
  createPart,
  isInlineJson,
  type JsonObject,
  type JsonValue,
  mapTree,
  type ObjectStore,
  parseJson,
  type Revision,
  readBytes,
  type State,
} from "@pv/sdk";
import { renderContainer } from "@pv/sdk/container";
import { directoryStore, readDirectory } from "@pv/sdk/node";
import { type Folder, goJson, type Repository } from "@pv/sdk/repo";
import type { Context } from "./context.ts";
import { ExitError, UsageError } from "./failures.ts";

/** The template that makes a container's documents. */
const TEMPLATE = "builtin-lxc-docker";

/** The one argument of `app` commands; slashes around it go, as in pvr. */
export function appName(args: readonly string[]): string {
  const name = args[0]?.replace(/^\/+|\/+$/g, "");
  if (!name) throw new UsageError("name the container");
  if (args.length > 1) throw new UsageError(`one container at a time, not ${args.length}`);
  if (name.includes("/") || name.startsWith(".")) throw new ExitError(`"${name}" is no name of a container`, 3);
  return name;
}

/** True where the work tree has such a container. */
export async function isThere(folder: Folder, name: string): Promise<boolean> {
  return (await folder.sizeOf?.(`${name}/src.json`)) !== undefined;
}

/** src.json of a container of the work tree; `absent` is the exit code where there is none. */
export async function readSource(folder: Folder, name: string, absent = 3): Promise<JsonObject> {
  if (!(await isThere(folder, name))) throw new ExitError(`App '${name}' doesn't exist`, absent);
  const source = parseJson(await readBytes(folder.read(`${name}/src.json`)));
  if (typeof source === "object" && source !== null && !Array.isArray(source)) return source as JsonObject;
  throw new ExitError(`${name}/src.json holds no object`, 3);
}

/** A folder and all in it; absent is no error. */
export async function removeFolder({ root }: Folder, name: string): Promise<void> {
  await rm(join(root!, name), { recursive: true, force: true });
}

/** The object pool as a store that an image is packed into without passing through memory. */
export async function poolOf(repository: Repository): Promise<ObjectStore> {
  const { ObjectsDir } = await repository.config();
  if (ObjectsDir === "") return directoryStore(join(repository.root!, ".pvr/objects"));
  return directoryStore(ObjectsDir.startsWith("/") ? ObjectsDir : join(repository.root!, ObjectsDir));
}

/** Names of the groups that the work tree's tracked documents define, in start order. */
export function groupsOf(state: State): string[] {
  const device = state["device.json"] as JsonObject | undefined;
  const groups = device?.["groups"] ?? state["groups.json"];
  const names = (Array.isArray(groups) ? (groups as JsonObject[]) : []).map((group) => group?.["name"]);
  return names.filter((name) => typeof name === "string");
}

/**
 * The work tree around a container: what is tracked, and whole folders that may not be. Of the containers in `bases`,
 * what others are laid over is enough.
 */
export async function surroundings(
  context: Context,
  repository: Repository,
  store: ObjectStore,
  names: { folders?: readonly string[]; bases?: readonly string[] },
): Promise<Revision> {
  const parts = [await repository.workingState()] as JsonObject[];
  for (const name of [...(names.folders ?? []), ...(names.bases ?? [])]) {
    const whole = names.folders?.includes(name);
    const tree = mapTree(readDirectory(join(repository.root!, name)), (entry) =>
      whole || ["", "root.squashfs", "src.json"].includes(entry.path) ? entry : undefined,
    );
    parts.push((await createPart(name, tree, { store, signal: context.job.signal })).state);
  }
  const state = Object.assign({}, ...parts, { "#spec": parts[0]!["#spec"] }) as State;
  return { state: composeState(state), objects: store };
}

function isRendered(source: JsonValue | undefined): source is JsonObject {
  return (source as JsonObject | undefined)?.["template"] === TEMPLATE;
}

/** Text of a src.json as pvr writes it. */
export function formatSource(name: string, source: JsonObject): string {
  if (!isRendered(source)) return goJson(canonicalJson(source), { indent: "    " });
  return renderContainer(name, source, { compat: "pvr-2023" })["src.json"];
}

/** Texts of a container's documents, as pvr writes them. */
function texts({ compat }: Context, name: string, state: State, groups: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(state)) {
    if (!key.startsWith(`${name}/`) || !isInlineJson(key, value)) continue;
    const canonical = canonicalJson(value!);
    found.set(key, key.startsWith(`${name}/_dm/`) ? canonical : goJson(canonical, { indent: "    " }));
  }
  const source = state[`${name}/src.json`];
  // What the template did not make stays as it is; in 2023 also a part of another revision that was no image.
  if (!isRendered(source) || (compat && source["pvr"] && !source["docker_name"])) return found;
  const rendered = renderContainer(name, source, { groups, compat });
  for (const [file, text] of Object.entries(rendered)) found.set(`${name}/${file}`, text as string);
  return found;
}

/** What {@link place} is told besides the container. */
export interface PlaceOptions {
  /** The container's files as they are, where it is there already. */
  before?: State | undefined;
  /** The revision around it, where the container's own does not hold it. */
  within?: State | undefined;
  /** Leave src.json as it was written unless what it says has changed. */
  keepSource?: boolean | undefined;
}

/**
 * Writes a container's files into the work tree, where they stay untracked until `add`. run.json and
 * lxc.container.conf are rendered from src.json each time, as pvr does.
 */
export async function place(
  context: Context,
  repository: Repository,
  name: string,
  { state, objects }: Revision,
  { before, within = state, keepSource = false }: PlaceOptions,
): Promise<void> {
  const { folder } = repository;
  const documents = texts(context, name, state, groupsOf(within));
  const source = `${name}/src.json`;
  if (keepSource && before && canonicalJson(before[source] ?? null) === canonicalJson(state[source] ?? null))
    documents.delete(source);
  for (const [key, value] of Object.entries(state)) {
    const written = documents.has(key) || before?.[key] === value || key === source;
    if (key.startsWith(`${name}/`) && !written) await folder.write(key, objects.get(value as string));
  }
  for (const [key, text] of documents) await folder.write(key, text);
  for (const key of Object.keys(before ?? {})) {
    if (!key.startsWith(`${name}/`) || documents.has(key)) continue;
    // A container that is only mounted has no configuration; pvr leaves an old one.
    const isConfig = key === `${name}/lxc.container.conf`;
    const isGone = !(key in state) || (isConfig && documents.has(`${name}/run.json`) && isRendered(state[source]));
    if (isGone && !(isConfig && context.compat)) await folder.remove(key);
  }
}
