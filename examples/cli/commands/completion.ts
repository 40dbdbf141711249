import type { Run } from "../command.ts";
import { completionScript } from "../completion-script.ts";
import { UsageError } from "../failures.ts";

/** A script that a shell reads to complete words and flags. */
export const run: Run = async (context, [shell = "bash"]) => {
  if (shell !== "bash" && shell !== "zsh" && shell !== "fish")
    throw new UsageError(`there is a completion for bash, zsh and fish, and none for ${shell}`);
  const { createProgram } = await import("../program.ts");
  context.print(
    completionScript(
      createProgram(async () => {}),
      shell,
    ),
  );
};
