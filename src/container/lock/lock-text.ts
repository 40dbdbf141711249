import { PvError } from "../../core/index.ts";
import { isObjectId } from "../../objects/index.ts";
import { parseJson } from "../../state/index.ts";
import type { RevisionLock } from "./types.ts";

/**
 * The text of `pv.lock.json`: sorted, two blanks, a final newline, so that it reads well in a review.
 *
 * @example
 * ```ts
 * import { createRevision, formatLock, parseLock, type RevisionLock } from "@pv/sdk/container";
 * let lock: RevisionLock | undefined;
 * await createRevision({ device: {} }, { onLock: (made) => { lock = made; } });
 * await createRevision({ device: {} }, { lock: parseLock(formatLock(lock!)), frozen: true }); // the same again
 * ```
 */
export function formatLock(lock: RevisionLock): string {
  const sorted = <T>(members: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)));
  const { template, state } = lock;
  return `${JSON.stringify({ "#spec": lock["#spec"], template, sources: sorted(lock.sources), parts: sorted(lock.parts), state }, null, 2)}\n`;
}

/**
 * Reads `pv.lock.json`.
 *
 * @throws `PvError` `LOCK_INVALID` when it is none.
 */
export function parseLock(text: string | Uint8Array): RevisionLock {
  const wrong = (cause?: unknown): PvError =>
    new PvError(
      "LOCK_INVALID",
      "this is no lock file",
      { path: "pv.lock.json" },
      { cause, hint: "build without frozen to write a new one" },
    );
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw wrong(cause);
  }
  const lock = value as Partial<RevisionLock> | null;
  const isMap = (map: unknown): map is Record<string, unknown> =>
    typeof map === "object" && map !== null && !Array.isArray(map);
  if (
    !isMap(lock) ||
    lock["#spec"] !== "pv-lock@1" ||
    typeof lock["template"] !== "number" ||
    !isMap(lock["sources"]) ||
    !isMap(lock["parts"])
  )
    throw wrong();
  if (typeof lock["state"] !== "string" || !isObjectId(lock["state"])) throw wrong();
  if (!Object.values(lock["sources"]).every((source) => isMap(source) && typeof source["kind"] === "string"))
    throw wrong();
  return lock as unknown as RevisionLock;
}
