import { remoteState } from "@pv/sdk/hub";
import { memoryStore } from "@pv/sdk/objects";
import { transferFragment } from "@pv/sdk/repo";
import type { Run } from "../command.ts";
import { UsageError } from "../failures.ts";
import { postStep, readStepOptions, warnOfRefusal } from "../post-step.ts";
import { openRemote } from "../remote.ts";
import { splitReference } from "../source.ts";

/** From one remote to another; the objects are where both have them. */
export const run: Run = async (context, args, options) => {
  const [source, target] = args;
  if (source === undefined || target === undefined || args.length > 2) throw new UsageError("name source and target");
  const step = readStepOptions(context, options);
  const from = await openRemote(context, source, { anonymous: true });
  const to = await openRemote(context, target);
  const state = transferFragment(await remoteState(to.requests, to.info), await remoteState(from.requests, from.info), {
    from: splitReference(source).fragment,
    to: splitReference(target).fragment,
    merge: options["merge"] === true,
  });
  const revision = { state, objects: memoryStore() };
  warnOfRefusal(context, revision);
  await postStep(context, to.requests, to.info, revision, { ...step, stateOnly: true });
};
