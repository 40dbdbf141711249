import { type JsonObject, type ObjectId, PvError } from "../core/index.ts";
import type { BuildOptions, Revision } from "../revision/index.ts";
import type { ContainerSource, OpenedSource } from "../sources/index.ts";
import { listParts, type State, selectParts } from "../state/index.ts";
import type { Tree } from "../tree/index.ts";
import { containerInvalid } from "./container-invalid.ts";
import type { Compat } from "./template/template-input.ts";

function isTree(from: ContainerSource | Tree): from is Tree {
  return Symbol.asyncIterator in from;
}

/** Opens a source; a Tree is one without a config. */
export async function openSource(
  name: string,
  from: ContainerSource | Tree,
  options: BuildOptions & { compat?: Compat },
): Promise<OpenedSource & { plain: boolean }> {
  if (typeof from !== "object" || from === null)
    throw new TypeError(
      `${name}: from must be a Tree, such as readTar(fileSource(path)) or readDirectory(path), or a source, such as registryImage(reference)`,
    );
  if (isTree(from)) return { tree: from, origin: {}, plain: true };
  if (typeof from.open !== "function")
    throw new TypeError(
      `${name}: from must be a Tree, such as readTar(fileSource(path)) or readDirectory(path), or a source, such as registryImage(reference)`,
    );
  return { ...(await from.open(options)), plain: false };
}

/** The image that a source only names. */
export function namedImage({ origin }: OpenedSource): ObjectId | undefined {
  const digest = origin["rootfs_digest"];
  const match = typeof digest === "string" ? /^sha256:([0-9a-f]{64})$/.exec(digest) : undefined;
  return match?.[1];
}

/**
 * The container of a package that a name asks for: the one of that name, else the only one there is.
 *
 * @throws `PvError` `CONTAINER_INVALID` when there is none, `PART_UNKNOWN` when there are several others.
 */
export function pickPart(name: string, revision: Revision): { part: string; revision: Revision } {
  const containers = listParts(revision).filter(({ kind }) => kind === "container");
  const names = containers.map((part) => part.name);
  const [only] = names;
  if (only === undefined) throw containerInvalid(name, "from", "the package holds no container");
  const part = names.includes(name) ? name : only;
  if (part !== name && names.length > 1) {
    throw new PvError(
      "PART_UNKNOWN",
      `${name}: the package holds several containers, and none of that name`,
      { name, known: names },
      { hint: `say which with part: ${names.slice(0, 10).join(", ")}` },
    );
  }
  return { part, revision: selectParts(revision, part) };
}

/** Names of the groups of a state, in start order: device.json's, else groups.json's. */
export function groupsOf(state: State): string[] {
  const device = state["device.json"] as JsonObject | undefined;
  const groups = device?.["groups"] ?? state["groups.json"];
  return (Array.isArray(groups) ? (groups as readonly JsonObject[]) : []).flatMap((group) =>
    typeof group?.["name"] === "string" ? [group["name"]] : [],
  );
}
