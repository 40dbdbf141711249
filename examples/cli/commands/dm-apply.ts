import type { Run } from "../command.ts";
import { UsageError } from "../failures.ts";
import { protectAgain } from "../verity.ts";

/** Of one container, or of all. */
export const run: Run = async (context, args) => {
  if (args.length > 1) throw new UsageError("dm-apply takes one container, or none for all");
  await protectAgain(context, await context.repository(), args[0] ?? "");
};
