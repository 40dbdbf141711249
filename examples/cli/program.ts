import { formatError, isPvError } from "@pv/sdk";
import { CommanderError, Option, Command as Program } from "commander";
import type { Command, Options } from "./command.ts";
import { commands } from "./commands/index.ts";
import { createContext, ExitError, type GlobalOptions } from "./context.ts";

function globalOptions(program: Program): void {
  program
    .addOption(new Option("--config-dir <folder>", "settings, logins and the shared object pool").env("PVR_CONFIG_DIR"))
    .addOption(new Option("-a, --access-token <token>", "use this token, ask nothing").env("PVR_ACCESSTOKEN"))
    .addOption(new Option("-b, --baseurl <url>", "the hub").env("PVR_BASEURL").default("https://api.pantahub.com"))
    .addOption(
      new Option("-r, --repo-baseurl <url>", "where user/device lives")
        .env("PVR_REPO_BASEURL")
        .default("https://pvr.pantahub.com"),
    )
    // Taken for the sake of scripts written for pvr: there is nothing to upgrade or to debug here.
    .addOption(new Option("--disable-self-upgrade").env("PVR_DISABLE_SELF_UPGRADE").hideHelp())
    .addOption(new Option("-d, --debug").env("PVR_DEBUG").hideHelp())
    .option("--json", "results as JSON")
    .option("-q, --quiet", "results and errors only");
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** A command below its words: `sig add` is `add` of `sig`. */
function place(program: Program, words: readonly string[]): Program {
  let at = program;
  for (const word of words) {
    at = at.commands.find((command) => command.name() === word) ?? at.command(word).description(`${word} commands`);
  }
  return at;
}

function register(
  program: Program,
  command: Command,
  execute: (command: Command, args: readonly string[], options: Options) => Promise<void>,
): void {
  const words = command.name.split(" ");
  const own = place(program, words.slice(0, -1)).command(`${words.at(-1)!} ${command.args ?? ""}`.trim());
  own
    .description(command.summary)
    .aliases([...(command.aliases ?? [])])
    .allowExcessArguments(true);
  for (const [flags, description, env] of command.options ?? []) {
    const option = new Option(flags.replace("...", ""), description);
    if (flags.includes("...")) option.argParser(collect);
    if (env) option.env(env);
    own.addOption(option);
  }
  if (command.examples)
    own.addHelpText("after", `\nExamples:\n${command.examples.map((line) => `  $ ${line}`).join("\n")}`);
  own.action(async () => execute(command, own.args, own.optsWithGlobals()));
}

/** Reads the command line and runs one command; the exit code is set, nothing throws. */
export async function run(args: readonly string[]): Promise<void> {
  const program = new Program("pvsdk");
  program
    .description("Pantavisor revisions on the command line")
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError("(pvsdk --help lists the commands)");
  globalOptions(program);
  for (const command of commands) {
    register(program, command, async (chosen, rest, options) => {
      const { context, end, stop } = createContext(options as GlobalOptions);
      const interrupted = (): void => stop.abort(new ExitError("stopped, everything is as it was", 130));
      process.once("SIGINT", interrupted);
      process.once("SIGTERM", interrupted);
      try {
        await (await chosen.load()).run(context, rest, options);
      } catch (error) {
        process.exitCode = error instanceof ExitError ? error.exitCode : (chosen.failure ?? 1);
        const line = context.json && isPvError(error) ? JSON.stringify(error) : `pvsdk: ${formatError(error)}`;
        process.stderr.write(`${line}\n`);
      } finally {
        await end();
        process.removeListener("SIGINT", interrupted);
        process.removeListener("SIGTERM", interrupted);
      }
    });
  }
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // As pvr: an unknown command is 3, a wrong flag 1, help 0.
    process.exitCode = error.code === "commander.unknownCommand" ? 3 : error.exitCode;
  }
}
