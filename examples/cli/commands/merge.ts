import { mergeFragment } from "@pv/sdk/repo";
import type { Run } from "../command.ts";
import { takeOver } from "../take-over.ts";

/** The source is merged in; nothing is removed but what the fragment drops. */
export const run: Run = (context, args) => takeOver(context, args, mergeFragment, { anyName: true });
