import { checkState, isPvError, parseJson, type Revision } from "@pv/sdk";
import { type PostedStep, postRevision, type RemoteInfo, type RemotePost, type Requester } from "@pv/sdk/hub";
import { type Options, text } from "./command.ts";
import type { Context } from "./context.ts";
import { ExitError, UsageError } from "./failures.ts";

/** The flags' values; all is looked at before anything is sent. */
export function readStepOptions(context: Context, options: Options): RemotePost {
  const rev = text(options, "rev") ?? "-1";
  if (!/^(?:-1|\d{1,15})$/.test(rev)) throw new UsageError(`--rev takes a number, and not ${rev}`);
  const envelope = readEnvelope(text(options, "envelope") ?? "{}");
  const force = options["force"] === true;
  return { ...context.job, message: text(options, "commitMsg"), rev: Number(rev), envelope, force, unchecked: true };
}

function readEnvelope(json: string): NonNullable<RemotePost["envelope"]> {
  try {
    const value = parseJson(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as never;
  } catch (error) {
    if (!isPvError(error)) throw error;
  }
  throw new ExitError("--envelope takes a JSON object", 3);
}

/** Says what a device would refuse; pvr posts it all the same. */
export function warnOfRefusal(context: Context, revision: Revision): void {
  for (const { severity, path, message } of checkState(revision))
    if (severity === "error") context.note(`a device would refuse this: ${path}: ${message}`);
}

/** Posts, and says what came of it. */
export async function postStep(
  context: Context,
  requests: Requester,
  info: RemoteInfo,
  revision: Revision,
  options: RemotePost,
): Promise<PostedStep> {
  const posted = await postRevision(requests, info, revision, options);
  const { rev, stateSha256, trailId } = posted;
  if (context.json) context.print(JSON.stringify({ rev, stateSha256, trailId }));
  else context.note(`Successfully posted Revision ${rev} (${stateSha256.slice(0, 8)}) to device id ${trailId}`);
  return posted;
}
