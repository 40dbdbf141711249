import { join } from "node:path";
import { isPvError, type JsonObject, readBytes } from "@pv/sdk";
import { formatLock, type LockSource, lockRevision, parseLock } from "@pv/sdk/container";
import { fileSource, saveFile } from "@pv/sdk/node";
import type { Run } from "../command.ts";
import { containerSource, sourceType } from "../container-source.ts";
import { about } from "../failures.ts";
import { poolOf } from "../place.ts";

/** Every source is asked again and must still give what is committed; a part of another revision counts as src.json says. */
export const run: Run = async (context, _, options) => {
  const repository = await context.repository();
  const revision = await repository.revision();
  const file = join(repository.root ?? ".", "pv.lock.json");
  const frozen = options["frozen"] === true;
  const lock = frozen ? parseLock(await about(file, readBytes(fileSource(file)))) : undefined;
  const sources: Record<string, LockSource> = {};
  for (const [key, value] of Object.entries(revision.state)) {
    const [, name] = /^([^/]+)\/src\.json$/.exec(key) ?? [];
    const source = value as JsonObject;
    const asked = options["offline"] !== true && source?.["template"] === "builtin-lxc-docker";
    if (name === undefined || !asked || sourceType({}, source) === "pvr") continue;
    sources[name] = { ...(await containerSource(context, {}, revision.state, source)), compat: context.compat };
  }
  try {
    const made = await lockRevision(revision, { sources, lock, store: await poolOf(repository), ...context.job });
    if (!frozen) await saveFile(new TextEncoder().encode(formatLock(made)), file, { signal: context.job.signal });
    if (context.json) context.print(JSON.stringify(made));
  } catch (error) {
    if (isPvError(error, "LOCK_CHANGED"))
      for (const { path, locked = "none", found = "none" } of error.data.changes)
        context.note(`${path}: ${locked} is locked, ${found} is there`);
    throw error;
  }
};
