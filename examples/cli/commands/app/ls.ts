import type { Run } from "../../command.ts";

/** Folders with a src.json. */
export const run: Run = async (context) => {
  const { folder } = await context.repository();
  const names: string[] = [];
  for (const { kind, path } of await folder.list("")) {
    if (kind !== "directory" || path === ".pvr") continue;
    if ((await folder.list(path)).some((entry) => entry.path === `${path}/src.json`)) names.push(path);
  }
  if (context.json) context.print(JSON.stringify(names));
  else for (const name of names) context.print(name);
};
