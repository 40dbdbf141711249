/** A state's keys by what they belong to. Signatures (`_sigs/`) belong to nothing. */
export interface Partition<T> {
  /** By part: its folder and `_config/<part>/`. */
  parts: ReadonlyMap<string, readonly T[]>;
  /** `#spec`, files at the top, folders that begin with an underscore and configuration of no part. */
  rest: readonly T[];
}

/** Puts entries in the parts they belong to; each but signatures lands in exactly one place. */
export function partition<T extends { key: string }>(entries: readonly T[]): Partition<T> {
  const parts = new Map<string, T[]>();
  const rest: T[] = [];
  const own = (key: string): string | undefined => /^([^_/][^/]*)\//.exec(key)?.[1];
  for (const { key } of entries) {
    const part = own(key);
    if (part !== undefined) parts.set(part, []);
  }
  for (const entry of entries) {
    const { key } = entry;
    if (key.startsWith("_sigs/")) continue;
    const part = own(key) ?? /^_config\/([^/]+)\//.exec(key)?.[1];
    (part === undefined ? rest : (parts.get(part) ?? rest)).push(entry);
  }
  return { parts, rest };
}
