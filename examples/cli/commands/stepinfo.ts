import { remoteStep } from "@pv/sdk/hub";
import type { Run } from "../command.ts";
import { UsageError } from "../failures.ts";
import { printDocument } from "../print-document.ts";
import { openRemote } from "../remote.ts";

/** A remote's step, with its progress. */
export const run: Run = async (context, [reference], options) => {
  if (reference === undefined) throw new UsageError("name the step");
  const { requests, info } = await openRemote(context, reference, { anonymous: true });
  printDocument(context, await remoteStep(requests, info), options["canonical"] === true);
};
