import { checkState, objectSizes, planUpdate, renderDiff } from "@pv/sdk";
import { type Run, text } from "../command.ts";
import { UsageError } from "../failures.ts";
import { revisionOf } from "../revision-of.ts";

/** From a source to another, or to the commit here. */
export const run: Run = async (context, args, options) => {
  if (args[0] === undefined || args.length > 2) throw new UsageError("name where the update starts, and where it ends");
  const format = text(options, "format") ?? (context.json ? "json" : "text");
  if (format !== "text" && format !== "markdown" && format !== "html" && format !== "json")
    throw new UsageError(`no format is called ${format}`);
  const [from, to] = [await revisionOf(context, args[0]), await revisionOf(context, args[1])];
  const plan = planUpdate(from, to, { sizes: await objectSizes(to), findings: checkState(to) });
  context.print(renderDiff(plan, format).replace(/\n$/, ""));
};
