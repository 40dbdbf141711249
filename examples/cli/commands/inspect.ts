import { formatState } from "@pv/sdk";
import { memoryStore } from "@pv/sdk/objects";
import { goJson } from "@pv/sdk/repo";
import type { Run } from "../command.ts";
import { UsageError } from "../failures.ts";
import { openSource } from "../source.ts";

/** The committed state here, or the state of a source. */
export const run: Run = async (context, [reference, ...more], options) => {
  if (more.length > 0) throw new UsageError("inspect takes one source");
  const { state } =
    reference === undefined
      ? await (await context.repository()).revision()
      : (await openSource(context, reference, memoryStore())).revision;
  const canonical = formatState(state);
  context.print(options["canonical"] === true ? canonical : goJson(canonical, { indent: "\t" }));
};
