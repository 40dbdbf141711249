import type { Run } from "../command.ts";

export const run: Run = async (context, _, options) => {
  const json = options["canonical"] === true ? "canonical" : "indented";
  await (await context.repository()).checkout(undefined, { json, link: options["hardlink"] === true });
};
