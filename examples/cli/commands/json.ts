import { formatState } from "@pv/sdk";
import { goJson } from "@pv/sdk/repo";
import type { Run } from "../command.ts";

export const run: Run = async (context, _, options) => {
  const canonical = formatState(await (await context.repository()).workingState());
  context.print(options["canonical"] === true ? canonical : goJson(canonical, { indent: "\t", html: false }));
};
