import { createContainer } from "@pv/sdk/container";
import { type Run, text } from "../../command.ts";
import { settingsOf, volumesOf } from "../../container-settings.ts";
import { containerSource, sourceType } from "../../container-source.ts";
import { ExitError } from "../../failures.ts";
import { appName, isThere, place, poolOf, surroundings } from "../../place.ts";
import { placePart } from "../../place-part.ts";

/** Files are written to the work tree, untracked until `add`. */
export const run: Run = async (context, args, options) => {
  const name = appName(args);
  const reference = text(options, "from");
  if (!reference) throw new ExitError("say where it comes from: --from", 4);
  const settings = await settingsOf(context, options);
  const repository = await context.repository();
  const replace = await isThere(repository.folder, name);
  if (replace && options["force"] !== true)
    throw new ExitError(`there is a container ${name} already: app update it, or add it with --force`, 3);
  const store = await poolOf(repository);
  if (sourceType(options) === "pvr") {
    const volumes = volumesOf(context, options);
    return placePart(context, repository, store, name, { flags: options, reference, volumes, replace });
  }
  const { from, squashfs } = await containerSource(context, options, (await repository.revision()).state);
  const bases = settings.base ? [settings.base] : [];
  const within = await surroundings(context, repository, store, { folders: replace ? [name] : [], bases });
  const made = await createContainer(name, { ...settings, from, squashfs, within, store, ...context.job });
  await place(context, repository, name, made, { before: replace ? within.state : undefined, within: within.state });
};
