import { join, resolve } from "node:path";
import { deployRepository, getFragment, initRepository, mergeFragment } from "@pv/sdk/repo";
import type { Run } from "../command.ts";
import { ExitError } from "../context.ts";
import { openSource } from "../source.ts";

/** The folder becomes a device's trail; sources are merged in one after the other. */
export const run: Run = async (context, args, options) => {
  const [folder, ...sources] = args;
  if (folder === undefined) throw new ExitError("name the folder to deploy to", 101);
  const own = sources.length === 0 ? await (await context.repository()).revision() : undefined;
  const target = await initRepository(folder, { objectsDir: join(resolve(context.configDir), "objects") });
  context.atEnd(() => target[Symbol.asyncDispose]());
  const combine = options["nomerge"] === true ? getFragment : mergeFragment;
  let { state } = await target.revision();
  for (const source of own ? [undefined] : sources) {
    const { revision, fragment } =
      source === undefined
        ? { revision: own!, fragment: { take: [], drop: [] } }
        : await openSource(context, source, target.objects);
    state = combine(state, revision.state, fragment);
    await target.replace({ state, objects: revision.objects });
  }
  await deployRepository(target, { state, objects: target.objects });
  context.print(`Deployment finished. Now available at: ${folder}`);
};
