import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Run } from "../../command.ts";
import { ExitError } from "../../failures.ts";
import { appName, removeFolder } from "../../place.ts";

/** The folder goes, whether or not a src.json says what it is. */
export const run: Run = async (context, args) => {
  const { folder } = await context.repository();
  const name = appName(args);
  const found = await stat(join(folder.root!, name)).catch(() => undefined);
  if (!found?.isDirectory()) throw new ExitError(`App '${name}' doesn't exist`, 3);
  await removeFolder(folder, name);
};
