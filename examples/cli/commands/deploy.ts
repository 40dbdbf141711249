import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { deployRepository, getFragment, initRepository, mergeFragment } from "@pv/sdk/repo";
import type { Run } from "../command.ts";
import { ExitError, UsageError } from "../failures.ts";
import { openSource } from "../source.ts";
import { combineInto } from "../take-over.ts";

/** The folder becomes a device's trail; sources are merged in one after the other. */
export const run: Run = async (context, args, options) => {
  const [folder, ...sources] = args;
  if (folder === undefined) throw new UsageError("name the folder to deploy to");
  const own = sources.length === 0 ? await context.repository() : undefined;
  const say = (line: string): void => void (context.json || context.print(line));
  say("Starting deployment ...\n... initializing deploy repository ...");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const objectsDir = join(context.configDir, "objects");
  const target = await initRepository(folder, { objectsDir, signal: context.job.signal });
  context.atEnd(() => target[Symbol.asyncDispose]());
  const combine = options["nomerge"] === true ? getFragment : mergeFragment;
  for (const source of own ? [join(own.root ?? "", ".pvr")] : sources) {
    say(`   - deploying ${own ? "single " : ""}${source}`);
    await combineInto(context, target, await openSource(context, source, target.objects), combine);
    await target.configure({ DefaultGetUrl: source });
  }
  say("... Cleanup repo ...\n... deploying hardlinks ...\n... deploying .pv/ links...");
  const { state } = await target.revision();
  await deployRepository(target, { state, objects: target.objects });
  if (state["bsp/run.json"] === undefined) throw new ExitError(`${folder} has no bsp/run.json: nothing to boot`, 10);
  if (context.json) context.print(JSON.stringify({ folder, files: Object.keys(state).length - 1 }));
  else context.print(`Deployment finished. Now now available at: ${folder}`);
};
