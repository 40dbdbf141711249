import type { Run } from "../command.ts";

export const run: Run = async (context) => {
  const lines = await (await context.repository()).status();
  if (context.json) context.print(JSON.stringify(lines));
  else for (const { letter, path } of lines) context.print(`${letter} ${path}`);
};
