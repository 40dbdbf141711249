import { memoryStore } from "../objects/index.ts";
import { compose, type Revision } from "../revision/index.ts";
import { composeState, device } from "../state/index.ts";
import { containerInvalid } from "./container-invalid.ts";
import { checkContainerName } from "./container-name.ts";
import { createBsp } from "./create-bsp.ts";
import { createContainer } from "./create-container.ts";
import { recordSources } from "./lock/record-sources.ts";
import type { ContainerSpec, RevisionOptions, RevisionSpec } from "./types.ts";

/** Containers in an order in which each base comes before what is laid over it. */
function inOrder(containers: Readonly<Record<string, ContainerSpec>>): [string, ContainerSpec][] {
  const order: [string, ContainerSpec][] = [];
  const done = new Set<string>();
  const visit = (name: string, above: readonly string[]): void => {
    const spec = containers[name];
    if (!spec || done.has(name)) return;
    if (above.includes(name)) throw containerInvalid(name, "base", `it is laid over itself: ${above.join(", ")}`);
    if (spec.base !== undefined) visit(spec.base, [...above, name]);
    done.add(name);
    order.push([name, spec]);
  };
  for (const name of Object.keys(containers)) visit(name, []);
  return order;
}

/**
 * A whole firmware: device.json, the board, and all containers, with one store and one job. Files of the board are
 * called `bsp/kernel.img` and `bsp/pantavisor` whatever the input was called; trees of modules and firmware are packed.
 *
 * A container without a group lands in the last one of `device` (`app`, unless it says otherwise), which is what a
 * device would do with it.
 *
 * @throws `PvError` `CONTAINER_INVALID` when a container or the board cannot be.
 * @throws `PvError` `STATE_INVALID` when a device would refuse a document.
 * @throws `PvError` `STATE_CONFLICT` when two packages bring the same key with other content.
 * With a lock file (`onLock` gives one), `frozen` builds only what it says: any source, part or template that changed
 * ends in `LOCK_CHANGED`, which names it.
 *
 * @throws `PvError` `LOCK_CHANGED` when a frozen build is not what was locked; `changes` lists what differs.
 * @throws `PvError` And all else that {@link createContainer} throws.
 * @example
 * ```ts
 * import { checkState, files } from "@pv/sdk";
 * import { createRevision } from "@pv/sdk/container";
 * const bytes = (text: string) => new TextEncoder().encode(text);
 * const firmware = await createRevision({
 *   device: {},
 *   bsp: { linux: bytes("kernel"), initrd: bytes("initramfs") },
 *   containers: { web: { from: files({ "/sbin/init": { mode: 0o755, content: "" } }) } },
 * });
 * if (checkState(firmware).length > 0 || !("bsp/kernel.img" in firmware.state)) throw new Error("not accepted");
 * ```
 */
export async function createRevision(spec: RevisionSpec, options: RevisionOptions = {}): Promise<Revision> {
  const { signal, onProgress, store = memoryStore(), lock, frozen = false, onLock } = options;
  const recorder = lock || frozen || onLock ? recordSources(lock, frozen) : undefined;
  const containers = spec.containers ?? {};
  for (const name of Object.keys(containers)) checkContainerName(name);
  const order = inOrder(containers);
  let revision: Revision = { state: composeState(spec.device ? device(spec.device) : {}), objects: store };
  if (spec.bsp) revision = compose(revision, await createBsp(spec.bsp, store, { signal, onProgress }));
  for (const [name, given] of order) {
    const container = recorder ? recorder.container(name, given) : given;
    const part = await createContainer(name, { ...container, store, signal, onProgress, within: revision });
    revision = compose(revision, part);
  }
  const made = recorder?.finish(revision);
  if (made) onLock?.(made);
  return revision;
}
