import { checkState } from "@pv/sdk";
import type { Run } from "../command.ts";
import { ExitError } from "../failures.ts";
import { revisionOf } from "../revision-of.ts";

/** One line a finding. */
export const run: Run = async (context, args, options) => {
  const work = options["workTree"] === true;
  const state = work ? await (await context.repository()).workingState() : (await revisionOf(context, args[0])).state;
  const findings = checkState(state);
  if (context.json) context.print(JSON.stringify(findings));
  else
    for (const { severity, path, message, effect, hint, code } of findings)
      context.print(`${severity} ${path ? `${path}: ` : ""}${message}; ${effect} (${hint}) [${code}]`);
  const errors = findings.filter(({ severity }) => severity === "error").length;
  if (errors > 0) throw new ExitError(`a device would not take it: ${errors} error${errors > 1 ? "s" : ""}`, 1);
};
