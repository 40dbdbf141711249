import { openRepository } from "@pv/sdk/repo";
import type { Run } from "../command.ts";

/** Removes objects that no repository named here commits. */
export const run: Run = async (context, others, options) => {
  const also = await Promise.all(others.map(async (folder) => (await openRepository(folder)).revision()));
  const dryRun = options["dryRun"] === true;
  const gone = await (await context.repository()).gc({ also, shared: options["shared"] === true, dryRun });
  if (context.json) context.print(JSON.stringify(gone));
  else for (const id of gone) context.print(id);
  context.note(`${gone.length} objects ${dryRun ? "would go" : "removed"}`);
};
