import { readDocument } from "./signature-document.ts";
import type { TextEntry } from "./state-text.ts";

/** A state's members by what they belong to. Signatures and release documents in `_sigs/` belong to nothing. */
export interface Partition {
  /** By part: its folder and `_config/<part>/`. */
  parts: ReadonlyMap<string, readonly TextEntry[]>;
  /** `#spec`, files at the top, folders that begin with an underscore and configuration of no part. */
  rest: readonly TextEntry[];
}

/** The `#spec` of a release document; devices skip it, as everything in `_sigs/` that is no signature. */
export const RELEASE_SPEC = "pv-release@1";

/** True for a document in `_sigs/` that signatures make good or not by themselves. */
function isOfSignatures(entry: TextEntry): boolean {
  const spec = entry.key.startsWith("_sigs/") ? readDocument(entry)?.["#spec"] : undefined;
  return spec === "pvs@2" || spec === RELEASE_SPEC;
}

/** Puts members in the parts they belong to; each but those of signatures lands in exactly one place. */
export function partition(entries: readonly TextEntry[]): Partition {
  const parts = new Map<string, TextEntry[]>();
  const rest: TextEntry[] = [];
  const own = (key: string): string | undefined => /^([^_/][^/]*)\//.exec(key)?.[1];
  for (const { key } of entries) {
    const part = own(key);
    if (part !== undefined) parts.set(part, []);
  }
  for (const entry of entries) {
    if (isOfSignatures(entry)) continue;
    const part = own(entry.key) ?? /^_config\/([^/]+)\//.exec(entry.key)?.[1];
    (parts.get(part ?? "") ?? rest).push(entry);
  }
  return { parts, rest };
}
