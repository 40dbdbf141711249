import type { JsonObject, JsonValue, ObjectId } from "../core/index.ts";
import { sortedKeys } from "./json/writer.ts";
import { isInlineJson, partName } from "./part-name.ts";
import { stateOf } from "./state-like.ts";
import type { Part, RunDocument, ServiceOffer, StateLike } from "./types.ts";

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function optional(document: JsonObject, keys: readonly string[], fits: (value: JsonValue) => boolean): boolean {
  return keys.every((key) => !Object.hasOwn(document, key) || document[key] === undefined || fits(document[key]!));
}

const isStrings = (value: unknown): boolean =>
  Array.isArray(value) && value.every((member) => typeof member === "string");

/** True for what may be handed out as a {@link RunDocument}: the members that readers use have their types. */
function isRun(document: unknown): document is RunDocument {
  if (!isObject(document) || typeof document["name"] !== "string" || !Object.hasOwn(document, "name")) return false;
  const texts = ["type", "group", "runlevel", "restart_policy", "status_goal", "config", "root-volume"];
  return (
    optional(document, texts, (value) => typeof value === "string") &&
    optional(document, ["volumes", "roles"], isStrings) &&
    optional(document, ["storage", "services", "drivers", "auto_recovery", "network"], isObject)
  );
}

/** services.json as offers; a device takes a bare array too. */
function offersOf(document: unknown): readonly ServiceOffer[] | undefined {
  const services = isObject(document) && Object.hasOwn(document, "services") ? document["services"] : document;
  if (!Array.isArray(services)) return undefined;
  const fits = services.every(
    (offer) =>
      isObject(offer) && optional(offer, ["name", "type", "socket", "owns"], (value) => typeof value === "string"),
  );
  return fits ? (services as unknown as readonly ServiceOffer[]) : undefined;
}

function rank(part: string, key: string): number {
  return key.startsWith("_config/") && part !== "_config" ? 1 : key.startsWith("_sigs/") && part !== "_sigs" ? 2 : 0;
}

/** Keys of each part, parts in canonical order. */
export function keysByPart(state: JsonObject): ReadonlyMap<string, readonly string[]> {
  const parts = new Map<string, string[]>();
  const keys = Object.keys(state).filter((key) => key !== "#spec" && state[key] !== undefined);
  for (const key of sortedKeys(keys)) {
    const name = partName(key);
    const known = parts.get(name);
    if (known) known.push(key);
    else parts.set(name, [key]);
  }
  return new Map(sortedKeys([...parts.keys()]).map((name) => [name, parts.get(name)!]));
}

/**
 * The parts of a state, by name: `device` (device.json), `bsp`, one per container, and whatever else lies in a folder
 * or at the top. `_config/<name>/` and `_sigs/<name>.json` belong to the part of that name.
 *
 * @example
 * ```ts
 * import { composeState, container, device, listParts } from "@pv/sdk";
 * const web = container({ name: "web", type: "lxc", group: "app" }, { "root.squashfs": "a".repeat(64) });
 * const parts = listParts(composeState(device({}), web));
 * if (parts.map((part) => `${part.kind} ${part.name}`).join() !== "device device,container web") throw new Error("lost");
 * ```
 */
export function listParts(state: StateLike): readonly Part[] {
  const document = stateOf(state);
  return [...keysByPart(document)].map(([name, found]) => {
    const keys = found.toSorted((a, b) => rank(name, a) - rank(name, b));
    const objects = new Map<string, ObjectId>();
    for (const key of keys) {
      const value = document[key];
      if (typeof value === "string" && !isInlineJson(key, value)) objects.set(key, value);
    }
    const runKey = `${name}/run.json`;
    const kind =
      name === "bsp"
        ? "bsp"
        : keys.includes(runKey)
          ? "container"
          : keys.some((key) => !key.includes("/")) && name === "device"
            ? "device"
            : "other";
    const run = kind === "container" ? document[runKey] : undefined;
    const services = kind === "container" ? offersOf(document[`${name}/services.json`]) : undefined;
    return {
      name,
      kind,
      keys,
      objects,
      ...(isRun(run) ? { run } : {}),
      ...(services ? { services } : {}),
      signatures: keys.filter((key) => key.startsWith("_sigs/")).map((key) => key.slice(6).replace(/\.json$/, "")),
    };
  });
}
