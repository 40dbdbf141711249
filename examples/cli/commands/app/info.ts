import { canonicalJson } from "@pv/sdk";
import { goJson } from "@pv/sdk/repo";
import type { Run } from "../../command.ts";
import { appName, readSource } from "../../place.ts";

export const run: Run = async (context, args) => {
  const { folder } = await context.repository();
  const source = canonicalJson(await readSource(folder, appName(args)));
  context.print(context.json ? source : goJson(source, { indent: "    " }));
};
