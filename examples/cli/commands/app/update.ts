import type { JsonObject } from "@pv/sdk";
import { updateContainer } from "@pv/sdk/container";
import { type Run, text } from "../../command.ts";
import { containerSource, sourceType } from "../../container-source.ts";
import { ExitError } from "../../failures.ts";
import { appName, place, poolOf, readSource, surroundings } from "../../place.ts";
import { placePart } from "../../place-part.ts";

/** What was set stays; an overlay stays one, unless it is to be packed whole (`--newbase`). */
export const run: Run = async (context, args, options) => {
  const name = appName(args);
  const repository = await context.repository();
  const stored = await readSource(repository.folder, name, 2);
  const volumes = (stored["persistence"] ?? {}) as JsonObject;
  const store = await poolOf(repository);
  const type = sourceType(options, stored);
  if (type === "pvr") {
    const reference = text(options, "from") ?? String(stored["pvr"] ?? "");
    return placePart(context, repository, store, name, { flags: options, reference, volumes, replace: true });
  }
  const { from, squashfs } = await containerSource(context, options, (await repository.revision()).state, stored);
  const base = text(options, "base")?.replace(/^\/+|\/+$/g, "") ?? (stored["base"] as string | undefined);
  const whole = options["newbase"] === true;
  if (whole && base) throw new ExitError(`${name} is laid over ${base}: it has no base of its own`, 3);
  const patch = !whole && !base && (options["patch"] === true || stored["docker_ovl_digest"] !== undefined);
  // In 2023 a root file system lost its volumes here.
  const dropped = context.compat && type === "rootfs" ? Object.keys(volumes) : [];
  const within = await surroundings(context, repository, store, { folders: [name], bases: base ? [base] : [] });
  const next = await updateContainer(within, name, {
    ...{ from, patch, squashfs, store, compat: context.compat, ...context.job },
    ...(base ? { base } : {}),
    ...(dropped.length > 0 ? { volumes: Object.fromEntries(dropped.map((path) => [path, undefined])) } : {}),
  });
  await place(context, repository, name, next, { before: within.state });
};
