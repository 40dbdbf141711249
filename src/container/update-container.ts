import { PvError } from "../core/index.ts";
import { memoryStore } from "../objects/index.ts";
import { compose, type Revision, replaceParts } from "../revision/index.ts";
import { composeState, listParts } from "../state/index.ts";
import { buildRoot, changePart, finish, fromPart, setSettings, withOrigin } from "./build-container.ts";
import { containerInvalid } from "./container-invalid.ts";
import { draftOf, isRendered } from "./draft.ts";
import { openSource } from "./opened-source.ts";
import { plain } from "./settings.ts";
import type { UpdateOptions } from "./types.ts";

/**
 * The revision with one container made anew: from another source, with other settings, or both. What is not given stays
 * as its src.json says: arguments, volumes, config, services, overlay. `args`, `volumes` and `config` are laid over what
 * is there, member by member; null takes an argument back. What was written into run.json by hand stays where no setting
 * changes it, and a configuration that comes out the same keeps its bytes.
 *
 * With `patch`, only what differs from the root image that is there is packed, as `root.ovl.squashfs` laid over it: a
 * small download for a small change.
 *
 * The container's own signature goes; sign the result again. A package as the source replaces all of the container.
 *
 * @throws `PvError` `PART_UNKNOWN` when the revision has no such container.
 * @throws `PvError` `CONTAINER_INVALID` and all else that {@link createContainer} throws.
 * @example
 * ```ts
 * import { files } from "@pv/sdk";
 * import { createContainer, updateContainer } from "@pv/sdk/container";
 * const root = (text: string) => files({ "/sbin/init": { mode: 0o755, content: text } });
 * const before = await createContainer("web", { from: root("1"), args: { PV_DEBUG_MODE: "yes" } });
 * const after = await updateContainer(before, "web", { from: root("2"), group: "app" });
 * const source = after.state["web/src.json"] as { args: object };
 * if (JSON.stringify(source.args) !== '{"PV_DEBUG_MODE":"yes","PV_GROUP":"app"}') throw new Error("arguments lost");
 * ```
 */
export async function updateContainer(revision: Revision, name: string, options: UpdateOptions): Promise<Revision> {
  const { from, signal, onProgress, patch = false, store = memoryStore(), ...spec } = options;
  const known = listParts(revision).filter(({ kind }) => kind === "container");
  if (!known.some((part) => part.name === name)) {
    const names = known.map((part) => part.name);
    throw new PvError("PART_UNKNOWN", `there is no container ${JSON.stringify(name)}`, { name, known: names });
  }
  const build = { store, signal, onProgress, within: revision };
  const kept = { state: composeState(), objects: revision.objects };
  signal?.throwIfAborted();
  if (patch && from === undefined)
    throw containerInvalid(name, "patch", "a patch needs what to patch to: give from, too");
  if (from === undefined)
    return replaceParts(revision, compose(await changePart(name, name, revision, spec, build), kept));
  const opened = await openSource(name, from, { store, signal, onProgress, compat: spec.compat });
  if (opened.revision) return replaceParts(revision, await fromPart(name, opened.revision, spec, build));
  const draft = draftOf(revision.state, name);
  if (!isRendered(draft.source))
    throw containerInvalid(name, "from", "the container was not made by the template: replace it with createContainer");
  const patched = patch ? { rootfs_url: draft.source["rootfs_url"], rootfs_digest: draft.source["rootfs_digest"] } : {};
  withOrigin(draft, opened);
  draft.source = { ...draft.source, ...plain(patched) };
  if (spec.base === name) throw containerInvalid(name, "base", "a container cannot be laid over itself");
  if (spec.base !== undefined) draft.source = { ...draft.source, base: spec.base };
  setSettings(draft, spec);
  await buildRoot(draft, opened, spec, build, patch);
  return replaceParts(revision, compose(await finish(draft, spec, build), kept));
}
