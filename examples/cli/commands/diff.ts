import { canonicalJson, diffStates, renderDiff } from "@pv/sdk";
import { goJson, pvrPatch } from "@pv/sdk/repo";
import { type Run, text } from "../command.ts";

export const run: Run = async (context, _, options) => {
  const repository = await context.repository();
  const { state: before } = await repository.revision();
  const after = await repository.workingState();
  const format = text(options, "format") ?? (context.json ? "json" : "patch");
  if (format === "patch")
    return context.print(goJson(canonicalJson(pvrPatch(before, after)), { indent: "\t", shortest: true }));
  if (format !== "text" && format !== "markdown" && format !== "html" && format !== "json")
    throw new TypeError(`no format is called ${format}`);
  context.print(renderDiff(diffStates(before, after), format).replace(/\n$/, ""));
};
