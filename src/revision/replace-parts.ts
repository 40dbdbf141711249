import { composeState, listParts } from "../state/index.ts";
import { selectKeys } from "../state/internal.ts";
import { combineReaders } from "./combine-readers.ts";
import type { Revision } from "./types.ts";

/** What a part is made of: its own files, its overlay, its signature. */
type Area = "files" | "config" | "signature";

function areaOf(key: string, part: string): Area {
  if (key === `_config/${part}` || key.startsWith(`_config/${part}/`)) return "config";
  return key === `_sigs/${part}.json` ? "signature" : "files";
}

/**
 * A revision with some parts replaced by those of another, and the parts that it lacks added. A namesake gives way
 * whole, with its signature, which would not hold any more; its overlay in `_config/<name>/` stays, unless `by` brings
 * one. `#spec` is that of `current`.
 *
 * @example
 * ```ts
 * import { compose, container, device, replaceParts } from "@pv/sdk";
 * const [old, fresh] = ["a".repeat(64), "b".repeat(64)] as const;
 * const web = (id: string) => container({ name: "web", type: "lxc" }, { "root.squashfs": id });
 * const current = compose(device({}), web(old), { "_config/web/etc/motd": old, "_sigs/web.json": { "#spec": "pvs@2" } });
 * const { state } = replaceParts(current, compose(web(fresh)));
 * if (state["web/root.squashfs"] !== fresh || state["_sigs/web.json"] !== undefined) throw new Error("not replaced");
 * if (state["_config/web/etc/motd"] !== old) throw new Error("the overlay went as well");
 * ```
 */
export function replaceParts(current: Revision, by: Revision): Revision {
  const gone = new Set<string>();
  const before = new Map(listParts(current).map((part) => [part.name, part.keys]));
  for (const { name, keys } of listParts(by)) {
    const areas = new Set<Area>(keys.map((key) => areaOf(key, name)));
    areas.add("signature");
    for (const key of before.get(name) ?? []) if (areas.has(areaOf(key, name))) gone.add(key);
  }
  const kept = selectKeys(current.state, (key) => !gone.has(key));
  const brought = selectKeys(by.state, (key) => key !== "#spec");
  return { state: composeState(kept, brought), objects: combineReaders(by.objects, current.objects) };
}
