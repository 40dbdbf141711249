import type { State } from "@pv/sdk";
import { type Fragment, selectFragment } from "@pv/sdk/repo";
import { type Context, ExitError } from "./context.ts";
import { openSource } from "./source.ts";

/** Brings a source's state and objects into the repository; the work tree is left to `reset`. */
export async function takeOver(
  context: Context,
  reference: string | undefined,
  combine: (target: State, source: State, fragment: Fragment) => State,
): Promise<void> {
  const repository = await context.repository();
  const config = await repository.config();
  const from = reference ?? (config.DefaultPutUrl || config.DefaultGetUrl);
  if (from === "") throw new ExitError("name a source: a .pvr folder, an export, or a remote", 1);
  const { revision, fragment, remote } = await openSource(context, from, repository.objects);
  const target = await repository.revision();
  const state = combine(target.state, revision.state, fragment);
  const { objects } = revision;
  // What the target has already is in the pool; what is new comes from the source.
  const has = async (id: string): Promise<boolean> => (await repository.objects.has(id)) || objects.has(id);
  await repository.replace({ state, objects: { has, get: (id) => objects.get(id) } });
  await repository.configure({
    DefaultGetUrl: from,
    ...(remote && config.DefaultPutUrl === "" ? { DefaultPutUrl: from } : {}),
    ...(remote && config.DefaultPostUrl === "" ? { DefaultPostUrl: from } : {}),
  });
  const count = new Set(
    Object.values(selectFragment(revision.state, fragment)).filter((value) => /^[0-9a-f]{64}$/.test(String(value))),
  ).size;
  context.print(
    `\nImported ${count} objects to ${config.ObjectsDir || ".pvr/objects"}\n\n\nRun pvr checkout to checkout the changed files into the workspace.`,
  );
}
