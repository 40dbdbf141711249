import { mkdtemp, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { getFragment, initRepository } from "@pv/sdk/repo";
import { type Run, text } from "../command.ts";
import { ExitError, UsageError } from "../failures.ts";
import { openSource, splitReference } from "../source.ts";
import { combineInto } from "../take-over.ts";

/** Beside its place, renamed when it is whole. */
export const run: Run = async (context, args, options) => {
  const [reference, name] = args;
  if (reference === undefined) throw new UsageError("name what to clone");
  const target = resolve(name ?? basename(splitReference(reference).what.replace(/\/(?:\.pvr)?\/*$/, "")));
  if (await stat(target).catch(() => undefined)) throw new ExitError(`${target} is there already`, 9);
  const objects = text(options, "objects");
  const objectsDir = !objects ? join(context.configDir, "objects") : resolve(objects);
  const temporary = await mkdtemp(join(dirname(target), ".pvsdk-clone-"));
  context.atEnd(() => rm(temporary, { recursive: true, force: true }));
  const spec = text(options, "spec");
  const repository = await initRepository(temporary, { objectsDir, spec, signal: context.job.signal });
  const source = await openSource(context, reference, repository.objects);
  await combineInto(context, repository, source, getFragment);
  await repository.checkout(undefined, { json: options["canonical"] === true ? "canonical" : "indented" });
  const { remote, reference: from } = source;
  await repository.configure({ DefaultGetUrl: from, ...(remote && { DefaultPutUrl: from, DefaultPostUrl: from }) });
  await repository[Symbol.asyncDispose]();
  await rename(temporary, target);
  context.print(context.json ? JSON.stringify({ folder: target }) : `Successfully cloned: ${target}`);
};
