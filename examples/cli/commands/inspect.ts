import { formatState } from "@pv/sdk";
import { goJson } from "@pv/sdk/repo";
import type { Run } from "../command.ts";
import { openSource } from "../source.ts";

/** The committed state here, or the state of a source. */
export const run: Run = async (context, args, options) => {
  const repository = args[0] === undefined ? await context.repository() : undefined;
  const { state } = repository
    ? await repository.revision()
    : (await openSource(context, args[0]!, (await context.repository()).objects)).revision;
  const canonical = formatState(state);
  context.print(options["canonical"] === true ? canonical : goJson(canonical, { indent: "\t" }));
};
