import type { JsonObject } from "../core/index.ts";
import { type StateLike, stateOf } from "../state/index.ts";
import { aspectsOf, versionOf } from "./aspects.ts";
import { isObjectId, memberOf, present, sameMember } from "./member.ts";
import { partName } from "./paths.ts";
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
 * @throws {@link PvError} `STATE_INVALID` when a document nests deeper than 1,000 levels.
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
  const parts = new Map<string, { old?: boolean; next?: boolean; paths: Set<string> }>();
  for (const side of ["old", "next"] as const) {
    const state = side === "old" ? old : next;
    for (const path of Object.keys(state)) {
      if (state[path] === undefined) continue;
      const name = partName(path);
      let part = parts.get(name);
      if (!part) parts.set(name, (part = { paths: new Set() }));
      part[side] = true;
      if (!sameMember(old, next, path)) part.paths.add(path);
    }
  }
  return {
    parts: [...parts.keys()].sort().flatMap((name) => {
      const part = parts.get(name)!;
      if (part.paths.size === 0) return [];
      const change = !part.old ? "added" : part.next ? "changed" : "removed";
      const version = versionOf(name, old, next);
      return {
        name,
        change,
        ...present({ version }),
        changes: [...part.paths].sort().flatMap((path) => changesOf(path, old, next)),
      } as const;
    }),
  };
}
