import { getFragment } from "@pv/sdk/repo";
import type { Run } from "../command.ts";
import { takeOver } from "../take-over.ts";

/** What the fragment names is replaced. */
export const run: Run = (context, args) => takeOver(context, args, getFragment);
