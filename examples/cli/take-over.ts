import { listObjects, type ObjectReader, type State } from "@pv/sdk";
import { type Fragment, type Repository, selectFragment, unmatchedItems } from "@pv/sdk/repo";
import type { Context } from "./context.ts";
import { UsageError } from "./failures.ts";
import { checkReference, type OpenedSource, openSource } from "./source.ts";

/** How a source's state comes into another. */
export type Combine = (target: State, source: State, fragment: Fragment) => State;

/** What the target has already is in its pool; what is new comes from the source. */
function either(repository: Repository, source: ObjectReader): ObjectReader {
  return {
    has: async (id) => (await repository.objects.has(id)) || source.has(id),
    get: (id) => source.get(id),
  };
}

/** Makes source and target one in the repository; gives the state, and the number of objects that came. */
export async function combineInto(
  context: Context,
  repository: Repository,
  { revision, fragment }: OpenedSource,
  combine: Combine,
): Promise<{ state: State; copied: number }> {
  const target = (await repository.revision()).state;
  for (const item of unmatchedItems(fragment, target, revision.state)) context.note(`nothing is named ${item}`);
  const state = combine(target, revision.state, fragment);
  const copied = await repository.replace({ state, objects: either(repository, revision.objects) });
  return { state, copied };
}

/** Brings a source's state and objects into the repository; the work tree is left to `reset`. */
export async function takeOver(
  context: Context,
  args: readonly string[],
  combine: Combine,
  options: { anyName?: boolean } = {},
): Promise<void> {
  if (args.length > 1) throw new UsageError("take one source at a time");
  if (args[0] !== undefined) await checkReference(context, args[0], options);
  const repository = await context.repository();
  const config = await repository.config();
  const from = args[0] ?? (config.DefaultPutUrl || config.DefaultGetUrl);
  if (from === "") throw new UsageError("name a source: a .pvr folder, an export, or a remote");
  const source = await openSource(context, from, repository.objects, options);
  const { copied } = await combineInto(context, repository, source, combine);
  const { remote, revision, fragment, reference } = source;
  await repository.configure({
    DefaultGetUrl: reference,
    ...(remote && config.DefaultPutUrl === "" ? { DefaultPutUrl: reference } : {}),
    ...(remote && config.DefaultPostUrl === "" ? { DefaultPostUrl: reference } : {}),
  });
  // As pvr counts: what was downloaded, or what a local source has.
  const selected = { ...selectFragment(revision.state, fragment), "#spec": "" };
  const count = remote ? copied : new Set(listObjects(selected).values()).size;
  if (context.json) return context.print(JSON.stringify({ objects: count }));
  context.print(
    `\nImported ${count} objects to ${config.ObjectsDir || ".pvr/objects"}\n\n\nRun pvr checkout to checkout the changed files into the workspace.`,
  );
}
