import type { Run } from "../command.ts";
import { repositoryPaths } from "../paths.ts";

export const run: Run = async (context, args, options) => {
  const repository = await context.repository();
  const paths = repositoryPaths(repository, args);
  await repository.track(paths, { raw: options["raw"] === true, missing: "ignore" });
};
