import { memoryStore } from "../objects/index.ts";
import type { Revision } from "../revision/index.ts";
import { buildRoot, finish, fromPart, newDraft, setSettings } from "./build-container.ts";
import { containerInvalid } from "./container-invalid.ts";
import { checkContainerName } from "./container-name.ts";
import { openSource } from "./opened-source.ts";
import type { ContainerOptions } from "./types.ts";

/**
 * One container, complete: its root file system packed to squashfs in one pass, run.json, lxc.container.conf and src.json
 * rendered, overlay and services beside them. From a package or a part of another revision it is taken as it is, with
 * its signature, unless settings change it.
 *
 * Missing folders that lxc mounts on (`proc`, `sys`, `dev`, `run`, `tmp`, `var/run`, `var/tmp`) are added to the root.
 * Without a store the objects are kept in memory, 512 MiB at most. Progress names `<name>/root.squashfs`.
 *
 * @throws `PvError` `CONTAINER_INVALID` when the name or an option cannot be, or a value would inject a line into
 * lxc.container.conf; `option` says which.
 * @throws `PvError` `STATE_INVALID` when a device would refuse a document.
 * @throws `PvError` `PART_UNKNOWN` when a package holds several containers and none of that name.
 * @throws `PvError` `OBJECT_MISSING` when verity or a base needs bytes that are not at hand.
 * @throws `PvError` `STORE_FULL` when the store is.
 * @example
 * ```ts
 * import { files } from "@pv/sdk";
 * import { createContainer } from "@pv/sdk/container";
 * const web = await createContainer("web", {
 *   from: files({ "/bin/web": { mode: 0o755, content: "#!/bin/sh\nexec sleep 1000\n" } }),
 *   config: { Entrypoint: ["/bin/web"], Env: ["PORT=80"] },
 *   group: "app",
 *   volumes: { "/data": "permanent" },
 * });
 * const run = web.state["web/run.json"] as { group: string };
 * if (run.group !== "app" || !(await web.objects.has(web.state["web/root.squashfs"] as string))) throw new Error("lost");
 * ```
 */
export async function createContainer(name: string, options: ContainerOptions): Promise<Revision> {
  checkContainerName(name);
  const { from, signal, onProgress, within, store = memoryStore(), ...spec } = options;
  const build = { store, signal, onProgress, within };
  signal?.throwIfAborted();
  const opened = await openSource(name, from, { store, signal, onProgress, compat: spec.compat });
  if (opened.revision) return fromPart(name, opened.revision, spec, build);
  const draft = newDraft(name, opened);
  if (spec.base === name) throw containerInvalid(name, "base", "a container cannot be laid over itself");
  if (spec.base !== undefined) draft.source = { ...draft.source, base: checkContainerName(spec.base) };
  // Of a Tree there is no other config that this one could be laid over.
  const { config, ...rest } = spec;
  if (opened.plain && config) draft.source = { ...draft.source, docker_config: { ...config } };
  setSettings(draft, opened.plain ? rest : spec);
  await buildRoot(draft, opened, spec, build);
  return finish(draft, spec, build);
}
