import { readExport } from "@pv/sdk";
import { fileSource } from "@pv/sdk/node";
import type { Run } from "../command.ts";
import { about, UsageError } from "../failures.ts";

export const run: Run = async (context, args) => {
  const [file] = args;
  if (file === undefined) throw new UsageError("name the archive to import");
  if (args.length > 1) throw new UsageError("import takes one archive");
  const repository = await context.repository();
  await repository.replace(await about(file, readExport(fileSource(file), repository.objects, context.job)));
};
