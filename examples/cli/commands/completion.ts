import { listParts } from "@pv/sdk";
import type { Run } from "../command.ts";
import { completionScript } from "../completion/completion-script.ts";
import { UsageError } from "../failures.ts";

/** A script that a shell reads to complete words and flags; or, for such a script, the names of the parts here. */
export const run: Run = async (context, [shell = "bash"]) => {
  if (shell === "parts") {
    const { state } = await (await context.repository()).revision();
    for (const { name } of listParts(state)) if (!name.startsWith("#")) context.print(name);
    return;
  }
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
