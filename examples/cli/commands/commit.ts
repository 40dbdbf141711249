import { compareStates } from "@pv/sdk/repo";
import { checkpoint } from "../checkpoint.ts";
import { type Run, text } from "../command.ts";

const words: Readonly<Record<string, string>> = { A: "Adding", C: "Committing", D: "Removing" };

export const run: Run = async (context, _, options) => {
  const repository = await context.repository();
  if (options["checkpoint"] === true) await checkpoint(repository);
  if (options["all"] === true) await repository.add("");
  const { state: before } = await repository.revision();
  const { state } = await repository.commit(text(options, "message") || undefined);
  const changes = compareStates(before, state);
  if (context.json) return context.print(JSON.stringify(changes));
  for (const { letter, path } of changes) context.note(`${words[letter]} ${path}`);
};
