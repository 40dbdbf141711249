import { stat } from "node:fs/promises";
import { putRevision } from "@pv/sdk/hub";
import type { Run } from "../command.ts";
import { ExitError, UsageError } from "../failures.ts";
import { warnOfRefusal } from "../post-step.ts";
import { openRemote, remoteUrl } from "../remote.ts";

/** The committed state in the place of a remote's newest one. */
export const run: Run = async (context, args, options) => {
  if (args.length > 1) throw new UsageError("put takes one remote");
  if (args[0] !== undefined && (await stat(args[0]).catch(() => undefined)))
    throw new ExitError(`${args[0]} is a folder or a file; use get there, or export`, 4);
  if (args[0] !== undefined) remoteUrl(context, args[0], { anyName: true });
  const repository = await context.repository();
  const reference = args[0] ?? (await repository.config()).DefaultPutUrl;
  if (reference === "") throw new UsageError("name the remote to put to");
  const revision = await repository.revision();
  const { requests, info } = await openRemote(context, reference, { anyName: true });
  warnOfRefusal(context, revision);
  await putRevision(requests, info, revision, { ...context.job, force: options["force"] === true, unchecked: true });
};
