import { updateContainer } from "@pv/sdk/container";
import type { Run } from "../../command.ts";
import { rootState, sourceAgain } from "../../install-root.ts";
import { appName, place, poolOf, readSource, surroundings } from "../../place.ts";
import { protectAgain } from "../../verity.ts";

/** The documents always; the root image where it is missing, or not the one that src.json names. */
export const run: Run = async (context, args, options) => {
  const name = appName(args);
  const repository = await context.repository();
  const stored = await readSource(repository.folder, name, 2);
  const store = await poolOf(repository);
  const bases = typeof stored["base"] === "string" ? [stored["base"]] : [];
  const keep = { keepSource: true };
  const before = await surroundings(context, repository, store, { folders: [name], bases });
  await place(context, repository, name, before, { before: before.state, ...keep });
  const root = await rootState(repository.folder, name, stored);
  if (root.isCurrent) context.note(`${root.file}: already up to date.`);
  else {
    const again = await sourceAgain(context, options, (await repository.revision()).state, stored, root);
    const patch = root.file === "root.ovl.squashfs" && bases.length === 0;
    const within = await surroundings(context, repository, store, { folders: [name], bases });
    const settings = { patch, compat: context.compat, store, ...context.job };
    const next = await updateContainer(within, name, { ...again, ...settings });
    await place(context, repository, name, next, { before: within.state, ...keep });
  }
  if (stored["dm_enabled"] !== undefined) await protectAgain(context, repository, name);
};
