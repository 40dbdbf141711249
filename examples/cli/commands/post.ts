import type { Run } from "../command.ts";
import { UsageError } from "../failures.ts";
import { postStep, readStepOptions, warnOfRefusal } from "../post-step.ts";
import { openRemote, remoteUrl } from "../remote.ts";

/** The committed revision as a new step of a remote, which is remembered. */
export const run: Run = async (context, args, options) => {
  if (args.length > 1) throw new UsageError("post takes one remote");
  const step = readStepOptions(context, options);
  if (args[0] !== undefined) remoteUrl(context, args[0]);
  const repository = await context.repository();
  const config = await repository.config();
  const reference = args[0] ?? config.DefaultPostUrl;
  if (reference === "") throw new UsageError("name the remote to post to");
  const revision = await repository.revision();
  const { requests, info, url } = await openRemote(context, reference);
  warnOfRefusal(context, revision);
  await postStep(context, requests, info, revision, step);
  await repository.configure({
    DefaultPostUrl: url,
    DefaultGetUrl: config.DefaultGetUrl || url,
    DefaultPutUrl: config.DefaultPutUrl || url,
  });
};
