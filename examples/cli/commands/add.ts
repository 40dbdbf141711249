import type { Run } from "../command.ts";
import { repositoryPaths } from "../paths.ts";

export const run: Run = async (context, args, options) => {
  const repository = await context.repository();
  const paths = repositoryPaths(repository, args);
  await (options["raw"] === true ? repository.addRaw(...paths) : repository.add(...paths));
};
