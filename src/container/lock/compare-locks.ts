import { PvError } from "../../core/index.ts";
import { canonicalJson } from "../../state/index.ts";
import type { LockChange, LockedSource, RevisionLock } from "./types.ts";

function shown(value: LockedSource | string | number | undefined): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === "object" ? (value.digest ?? value.sha256 ?? canonicalJson(value)) : String(value);
}

function changesOf(
  prefix: string,
  before: Readonly<Record<string, LockedSource | string>>,
  after: Readonly<Record<string, LockedSource | string>>,
): LockChange[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return paths.flatMap((path) => {
    const [old, now] = [before[path], after[path]];
    if (old !== undefined && now !== undefined && canonicalJson(old) === canonicalJson(now)) return [];
    const locked = shown(old);
    const found = shown(now);
    return [
      {
        path: `${prefix}${path}`,
        ...(locked === undefined ? {} : { locked }),
        ...(found === undefined ? {} : { found }),
      },
    ];
  });
}

/** What differs between a lock and what was built; sources first, because they explain the rest. */
export function compareLocks(locked: RevisionLock, found: RevisionLock): readonly LockChange[] {
  const sources = changesOf("", locked.sources, found.sources);
  const template =
    locked.template === found.template
      ? []
      : [{ path: "template", locked: String(locked.template), found: String(found.template) }];
  const parts = changesOf("parts/", locked.parts, found.parts);
  const changes = [...sources, ...template, ...parts];
  if (changes.length > 0 || locked.state === found.state) return changes;
  return [{ path: "state", locked: locked.state, found: found.state }];
}

/** The error that says which. */
export function lockChanged(changes: readonly LockChange[]): PvError {
  const [first] = changes;
  const more = changes.length > 1 ? ` (and ${changes.length - 1} more)` : "";
  return new PvError(
    "LOCK_CHANGED",
    `${first?.path} is not what the lock says${more}`,
    { path: first?.path ?? "", changes },
    {
      hint: "build without frozen to write a new lock, or bring back what was locked",
    },
  );
}
