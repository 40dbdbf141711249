import { stateBuilder } from "./json/share.ts";
import type { StatePart } from "./types.ts";

/**
 * Some keys of a state, as a part, without loss (a spread would round bare numbers beyond a double).
 */
export function selectKeys(part: StatePart, wanted: (key: string) => boolean): StatePart {
  const builder = stateBuilder();
  for (const key of Object.keys(part)) {
    const value = part[key];
    if (value !== undefined && wanted(key)) builder.take(part, key, value);
  }
  return builder.end() as StatePart;
}
