import type { Run } from "../../command.ts";
import { appName, readSource, removeFolder } from "../../place.ts";

export const run: Run = async (context, args) => {
  const { folder } = await context.repository();
  const name = appName(args);
  await readSource(folder, name);
  await removeFolder(folder, name);
};
