import type { JsonObject } from "../core/index.ts";
import type { StateLike } from "../state/index.ts";
import { partName, stateOf } from "../state/internal.ts";
import { aspectsOf, versionOf } from "./aspects.ts";
import { isObjectId, memberOf, present, sameMember } from "./member.ts";
import type { DocumentChange, ObjectChange, StateDiff } from "./types.ts";

/** One change, or two where a document became an object or the other way round. */
function changesOf(path: string, from: JsonObject, to: JsonObject): (ObjectChange | DocumentChange)[] {
  return ([true, false] as const).flatMap((isId) => {
    const [before, after] = [from, to].map((state) => {
      const value = memberOf(state, path);
      return isObjectId(value) === isId ? value : undefined;
    });
    if (before === undefined && after === undefined) return [];
    const values = present({ before, after });
    if (isId) return { kind: "object", path, ...values } as ObjectChange;
    return { kind: "document", path, aspects: aspectsOf(path, before, after), ...values };
  });
}

/**
 * What differs between two states, by part and by what it means: which objects came, went or changed, and for each
 * document whether it is about the run settings, the group, the arguments, the services, the overlay, the version or
 * the signature. Equal is what has the same canonical text: the order of members and the spelling of numbers are no
 * difference, a decimal beyond a double's digits is.
 *
 * @throws `PvError` `CHANGE_IMPOSSIBLE` when a document nests deeper than 1,000 levels.
 * @example
 * ```ts
 * import { diffStates, parseState } from "@pv/sdk";
 * const state = (group: string) => parseState(`{"#spec":"pantavisor-service-system@1","web/run.json":{"group":"${group}"}}`);
 * const [part] = diffStates(state("app"), state("root")).parts;
 * const change = part?.changes[0];
 * if (part?.name !== "web" || change?.kind !== "document") throw new Error("no change found");
 * if (change.aspects.join() !== "group") throw new Error(change.aspects.join());
 * ```
 */
export function diffStates(from: StateLike, to: StateLike): StateDiff {
  const [old, next] = [stateOf(from), stateOf(to)];
  const parts = new Map<string, { before?: boolean; after?: boolean; paths: string[] }>();
  for (const path of new Set([old, next].flatMap(Object.keys))) {
    const name = partName(path);
    const part = parts.get(name) ?? { paths: [] };
    parts.set(name, part);
    part.before ||= memberOf(old, path) !== undefined;
    part.after ||= memberOf(next, path) !== undefined;
    if (!sameMember(old, next, path)) part.paths.push(path);
  }
  const changed = [...parts].filter(([, { paths }]) => paths.length > 0).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    parts: changed.map(([name, { before, after, paths }]) => {
      const changes = paths.sort().flatMap((path) => changesOf(path, old, next));
      const change = before ? (after ? "changed" : "removed") : "added";
      return { name, change, ...present({ version: versionOf(changes) }), changes };
    }),
  };
}
