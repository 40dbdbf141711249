import { join } from "node:path";
import type { Revision } from "@pv/sdk";
import { directoryStore } from "@pv/sdk/node";
import type { Context } from "./context.ts";
import { openSource } from "./source.ts";

/** The revision of a source, or the committed one here. */
export async function revisionOf(context: Context, reference: string | undefined): Promise<Revision> {
  if (reference === undefined) return (await context.repository()).revision();
  // Objects of an archive go to the shared pool, where they may be wanted next.
  const store = directoryStore(join(context.configDir, "objects"));
  return (await openSource(context, reference, store)).revision;
}
