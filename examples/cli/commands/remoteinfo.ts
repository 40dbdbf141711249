import type { Run } from "../command.ts";
import { UsageError } from "../failures.ts";
import { printDocument } from "../print-document.ts";
import { openRemote } from "../remote.ts";

/** What a remote says of itself. */
export const run: Run = async (context, [reference], options) => {
  if (reference === undefined) throw new UsageError("name the remote");
  const { info } = await openRemote(context, reference, { anonymous: true });
  printDocument(context, info.document, options["canonical"] === true);
};
