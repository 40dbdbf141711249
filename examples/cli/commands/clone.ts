import { mkdtemp, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { getFragment, initRepository } from "@pv/sdk/repo";
import { type Run, text } from "../command.ts";
import { ExitError } from "../context.ts";
import { openSource, splitReference } from "../source.ts";

/** Beside its place, renamed when it is whole. */
export const run: Run = async (context, args, options) => {
  const [reference, name] = args;
  if (reference === undefined) throw new ExitError("name what to clone", 2);
  const target = resolve(name ?? basename(splitReference(reference).what.replace(/\/(?:\.pvr)?\/*$/, "")));
  if (await stat(target).catch(() => undefined)) throw new ExitError(`${target} is there already`, 9);
  const objects = text(options, "objects");
  const objectsDir = objects === undefined ? join(resolve(context.configDir), "objects") : resolve(objects);
  const temporary = await mkdtemp(join(dirname(target), ".pvsdk-clone-"));
  context.atEnd(() => rm(temporary, { recursive: true, force: true }));
  const repository = await initRepository(temporary, { objectsDir });
  const { revision, fragment, remote } = await openSource(context, reference, repository.objects);
  const state = getFragment((await repository.revision()).state, revision.state, fragment);
  await repository.checkout(
    { state, objects: revision.objects },
    { json: options["canonical"] === true ? "canonical" : "indented" },
  );
  await repository.configure({
    DefaultGetUrl: reference,
    ...(remote ? { DefaultPutUrl: reference, DefaultPostUrl: reference } : {}),
  });
  await repository[Symbol.asyncDispose]();
  await rename(temporary, target);
};
