import { stateBuilder } from "./json/share.ts";
import type { StatePart } from "./types.ts";

/**
 * Some keys of a state, as a part, without loss (a spread would round bare numbers beyond a double).
 *
 * @example
 * ```ts
 * import { parseState, selectKeys } from "@pv/sdk/state";
 * const state = parseState('{"#spec":"pantavisor-service-system@1","web/run.json":{},"db/run.json":{}}');
 * const part = selectKeys(state, (key) => key.startsWith("web/"));
 * if (Object.keys(part).join() !== "web/run.json") throw new Error("not selected");
 * ```
 */
export function selectKeys(part: StatePart, wanted: (key: string) => boolean): StatePart {
  const builder = stateBuilder();
  for (const key of Object.keys(part)) {
    const value = part[key];
    if (value !== undefined && wanted(key)) builder.take(part, key, value);
  }
  return builder.end() as StatePart;
}
