import { checkpoint } from "../checkpoint.ts";
import { type Run, text } from "../command.ts";

export const run: Run = async (context, _, options) => {
  const repository = await context.repository();
  if (options["checkpoint"] === true) await checkpoint(repository);
  const before = await repository.status();
  await repository.commit(text(options, "message"));
  const words: Readonly<Record<string, string>> = { A: "Adding", C: "Committing", D: "Removing" };
  for (const { letter, path } of before) if (letter !== "?") context.note(`${words[letter]} ${path}`);
};
