import type { Job, JsonObject } from "../core/index.ts";
import type { ObjectStore } from "../objects/index.ts";
import { compose, createPart, type Revision } from "../revision/index.ts";
import type { OpenedSource } from "../sources/index.ts";
import { composeState, type StatePart } from "../state/index.ts";
import { mapTree, type Tree } from "../tree/index.ts";
import { containerInvalid } from "./container-invalid.ts";
import { type Draft, draftOf, finishDraft, isRendered } from "./draft.ts";
import { groupsOf, namedImage, pickPart } from "./opened-source.ts";
import { baseOf, overlayOn } from "./overlay-image.ts";
import { packTree, setRoot, setVerity, withoutEmulator, withStandardFolders } from "./root-volume.ts";
import { allSettings, hasAny, patchRun, plain, runMembers, runSettings, withSettings } from "./settings.ts";
import { SOURCE_SPEC, TEMPLATE } from "./template/source-document.ts";
import type { ContainerSpec } from "./types.ts";

/** What building a container needs around it. */
export interface Build extends Job {
  store: ObjectStore;
  /** The revision that it will be part of, as far as it is known. */
  within: Revision | undefined;
}

const PATCH_HINT = "this package was not made by the template; only settings of run.json can be given";

/** Members of src.json that tell where a container came from. */
const originMembers = [
  ..."docker_name docker_tag docker_digest docker_ovl_digest docker_source docker_platform".split(" "),
  ..."pvr pvr_digest rootfs_url rootfs_digest".split(" "),
];

/** A new draft, with what the source says of itself. */
export function newDraft(name: string, opened: OpenedSource): Draft {
  const source: JsonObject = { "#spec": SOURCE_SPEC, template: TEMPLATE, ...opened.origin };
  return { name, source, objects: {}, documents: {}, overlay: {}, members: {} };
}

/** The draft with another origin; what was set stays. */
export function withOrigin(draft: Draft, opened: OpenedSource): void {
  const kept = Object.entries(draft.source).filter(([key]) => !originMembers.includes(key));
  draft.source = { ...Object.fromEntries(kept), ...opened.origin };
}

/** Packs or names the root image of a draft; with `patch`, what differs from the one it has. */
export async function buildRoot(
  draft: Draft,
  opened: OpenedSource,
  spec: Partial<ContainerSpec>,
  build: Build,
  patch = false,
): Promise<void> {
  const { name } = draft;
  const { store, signal, onProgress, within } = build;
  const own = draft.source["base"];
  const base = patch ? name : own;
  if (patch && own !== undefined)
    throw containerInvalid(name, "patch", `it is laid over ${String(own)} already: leave patch out`);
  const docker = typeof draft.source["docker_digest"] === "string";
  const file = typeof base === "string" ? "root.ovl.squashfs" : "root.squashfs";
  let id = opened.tree ? undefined : namedImage(opened);
  if (opened.tree) {
    const pack = (tree: Tree): Promise<{ id: string }> =>
      packTree(tree, store, `${name}/${file}`, { ...spec.squashfs, signal, onProgress });
    // pvr adds the folders to images only; a container of a Tree needs them just as well.
    const stripped = docker ? withoutEmulator(opened.tree) : opened.tree;
    const tree = docker || !spec.compat ? withStandardFolders(stripped, spec.compat !== undefined) : stripped;
    if (typeof base === "string") {
      const below = await baseOf(name, base, within);
      const overlay = await overlayOn(below.image, tree, { store, signal, exact: spec.compat !== undefined });
      try {
        id = (await pack(overlay.tree)).id;
      } finally {
        await overlay.close();
      }
      const digest = draft.source["docker_digest"];
      if (typeof digest === "string") {
        // As pvr notes it: the base's own digest, and the image's in a member for overlays.
        draft.source = { ...draft.source, docker_digest: below.digest ?? digest, docker_ovl_digest: digest };
      }
    } else id = (await pack(tree)).id;
  }
  if (id === undefined) throw containerInvalid(name, "from", "the source gives neither a tree nor an image");
  if (typeof base === "string" && draft.source["docker_ovl_digest"] === undefined)
    draft.source = { ...draft.source, docker_ovl_digest: `sha256:${id}` };
  await setRoot(draft, file, id, store, patch);
  const before = draft.source["dm_enabled"] as JsonObject | undefined;
  if (spec.verity ?? before?.[file] === true) await setVerity(draft, file, true, store, build);
  else if (before?.[file]) await setVerity(draft, file, false, store, build);
}

/** Files of an overlay below `_config/<name>/`, as pvr would add them. */
async function overlayPart(name: string, tree: Tree, build: Build): Promise<StatePart> {
  const checked = mapTree(tree, (entry) => {
    if (/(?:^|\/)run\.json$/.test(entry.path))
      throw containerInvalid(name, "overlay", `a device takes _config/${name}/${entry.path} for a container`);
    return entry;
  });
  const { state } = await createPart(`_config/${name}`, checked, { store: build.store, signal: build.signal });
  return Object.fromEntries(Object.entries(state).filter(([key]) => key !== "#spec"));
}

/** Documents and overlay that a specification gives. */
async function setExtras(draft: Draft, spec: Partial<ContainerSpec>, build: Build): Promise<void> {
  if (spec.provides) {
    const services = spec.provides.map(plain);
    draft.documents["services.json"] = { "#spec": "service-manifest-xconnect@1", services };
  }
  if (spec.mdev) draft.documents["mdev.json"] = { rules: spec.mdev };
  if (spec.overlay) draft.overlay = await overlayPart(draft.name, spec.overlay, build);
  draft.members = runMembers(spec);
}

function groupsAround({ within }: Build): string[] {
  return within ? groupsOf(within.state) : [];
}

function checkGroup(name: string, state: StatePart, groups: readonly string[]): void {
  const group = (state[`${name}/run.json`] as JsonObject | undefined)?.["group"];
  if (groups.length === 0 || group === undefined || groups.includes(String(group))) return;
  throw containerInvalid(name, "group", `there is no group ${JSON.stringify(group)}`, `one of ${groups.join(", ")}`);
}

/** Applies a specification to a draft that has its root, and ends it. */
export async function finish(draft: Draft, spec: Partial<ContainerSpec>, build: Build): Promise<Revision> {
  await setExtras(draft, spec, build);
  const groups = groupsAround(build);
  const part = await finishDraft(draft, { store: build.store, groups, compat: spec.compat });
  // pvr takes any name; only its exact output is asked for with compat.
  if (!spec.compat) checkGroup(draft.name, part, groups);
  return { state: composeState(part), objects: build.store };
}

/** Puts settings into a draft's src.json. */
export function setSettings(draft: Draft, spec: Partial<ContainerSpec>): void {
  draft.source = withSettings(draft.name, draft.source, spec);
  const { network } = spec;
  const own = (draft.source["args"] as JsonObject | undefined)?.["PV_LXC_NETWORK_TYPE"];
  const pooled = network !== undefined && ("pool" in network || network["mode"] === "pool");
  if (pooled && ["empty", "phys", "veth"].includes(String(own)))
    throw containerInvalid(draft.name, "network", "a container of a network pool cannot have its own network");
}

/** A container of a package: as it is, or changed where settings are given or the name is another. */
export async function fromPart(
  name: string,
  opened: Revision,
  spec: Partial<ContainerSpec>,
  build: Build,
): Promise<Revision> {
  const { part, revision } = pickPart(name, opened);
  const changed = hasAny(spec, allSettings);
  if (part === name && !changed) {
    checkGroup(name, revision.state, groupsAround(build));
    return revision;
  }
  return compose(await changePart(part, name, revision, spec, build), {
    state: composeState(),
    objects: revision.objects,
  });
}

/** An existing container with other settings, perhaps under another name; without its signature, which is void. */
export async function changePart(
  part: string,
  name: string,
  revision: Revision,
  spec: Partial<ContainerSpec>,
  build: Build,
): Promise<Revision> {
  const draft = draftOf(revision.state, part);
  draft.name = name;
  if (part !== name) rename(draft, part, name);
  if (!isRendered(draft.source)) return patchPart(draft, spec, build);
  setSettings(draft, spec);
  if (spec.base !== undefined && spec.base !== draft.source["base"])
    throw containerInvalid(name, "base", "another base needs the root file system: give from, too");
  if (spec.verity !== undefined) {
    const file = draft.objects["root.ovl.squashfs"] === undefined ? "root.squashfs" : "root.ovl.squashfs";
    await setVerity(draft, file, spec.verity, revision.objects, build);
  }
  return finish(draft, spec, build);
}

function rename(draft: Draft, from: string, to: string): void {
  if (!isRendered(draft.source)) {
    const message = `the package's container is called ${from}, and its configuration cannot be made anew for another name`;
    throw containerInvalid(to, "name", message, `call it ${from}`);
  }
  const moved = Object.entries(draft.overlay).map(([key, value]) => [
    key.replace(`_config/${from}/`, `_config/${to}/`),
    value,
  ]);
  draft.overlay = Object.fromEntries(moved);
}

/** Settings of run.json alone, on a container whose files no template made. */
async function patchPart(draft: Draft, spec: Partial<ContainerSpec>, build: Build): Promise<Revision> {
  const { name, before } = draft;
  const rest = allSettings.filter(
    (setting) => !runSettings.includes(setting) && !["provides", "mdev", "overlay"].includes(setting),
  );
  const wrong = rest.find((setting) => spec[setting] !== undefined);
  if (wrong !== undefined) throw containerInvalid(name, wrong, `${wrong} cannot be set: ${PATCH_HINT}`);
  await setExtras(draft, spec, build);
  const folder = {
    ...draft.objects,
    ...draft.documents,
    ...(Object.keys(draft.source).length > 0 ? { "src.json": draft.source } : {}),
    "run.json": patchRun(before!.run, spec),
  };
  const part = {
    ...Object.fromEntries(Object.entries(folder).map(([file, value]) => [`${name}/${file}`, value])),
    ...draft.overlay,
  };
  checkGroup(name, part, groupsAround(build));
  return { state: composeState(part), objects: build.store };
}
