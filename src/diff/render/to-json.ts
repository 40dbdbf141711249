import type { JsonObject, JsonValue } from "../../core/index.ts";
import { canonicalJson } from "../../state/index.ts";
import type { StateDiff, UpdatePlan } from "../types.ts";

/** The difference or plan as one line of canonical JSON, decimals exact; without what is no data. */
export function toJson(what: StateDiff | UpdatePlan, title: string | undefined): string {
  const { openImage: _, images, ...data } = { openImage: undefined, images: undefined, ...what };
  const files = images?.map(({ changes, ...image }) => ({
    ...image,
    changes: changes.map(({ path, change, aspects, deltaBytes }) => ({ path, change, aspects, deltaBytes })),
  }));
  const all = { title, ...data, images: files };
  return canonicalJson(all as unknown as JsonObject satisfies JsonValue);
}
