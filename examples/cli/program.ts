import { formatError, isPvError } from "@pv/sdk/core";
import { CommanderError, Option, Command as Program } from "commander";
import type { Command, Options } from "./command.ts";
import { commands } from "./commands/index.ts";
import { createContext, type GlobalOptions } from "./context.ts";
import { ExitError, exitCodeOf } from "./failures.ts";
import { parseBool, plainFlags, subcommand } from "./flags.ts";
import { globalOptions, ignoredOptions } from "./global-options.ts";
import { forCommandLine } from "./hints.ts";
import { useNetwork } from "./network.ts";

type Execute = (command: Command, args: readonly string[], options: Options) => Promise<void>;

/** `true` for a variable that says so as Go reads it; another text is the value of a flag that takes one. */
function fromVariable(name: string, takesValue: boolean): string | boolean | undefined {
  const value = process.env[name];
  if (value === undefined || value === "") return undefined;
  return takesValue ? value : parseBool(value);
}

function addOptions(program: Program, options: NonNullable<Command["options"]>): void {
  for (const [flags, description, variable] of options) {
    const option = new Option(flags.replace("...", ""), variable ? `${description} [${variable}]` : description);
    const takesValue = option.required || option.optional;
    if (flags.includes("..."))
      option.argParser((value: string, before?: readonly string[]) => [...(before ?? []), value]);
    const value = variable && fromVariable(variable, takesValue);
    if (value !== undefined && value !== "") {
      const name = option.attributeName();
      program.setOptionValueWithSource(name, flags.includes("...") ? [value] : value, "env");
    }
    program.addOption(option);
  }
}

/** A command below its words: `sig add` is `add` of `sig`. */
function place(program: Program, words: readonly string[]): Program {
  let at = program;
  for (const word of words) {
    at = at.commands.find((command) => command.name() === word) ?? at.command(word).description(`${word} commands`);
  }
  return at;
}

/** The global flags behind the command as well, by their long names: the short ones may mean another thing there. */
function addGlobalOptions(program: Program): void {
  for (const [flags] of globalOptions) {
    const own = new Option(flags.replace(/^-[^q], /, "")).hideHelp();
    if (!program.options.some(({ long }) => long === own.long)) program.addOption(own);
  }
}

function register(program: Program, command: Command, execute: Execute): void {
  const words = command.name.split(" ");
  const parent = place(program, words.slice(0, -1));
  addOptions(parent, command.parentOptions ?? []);
  if (parent !== program) addGlobalOptions(parent);
  const own = parent.command(words.at(-1)!);
  own
    .description(command.summary)
    .usage(`[options] ${command.args ?? ""}`.trim())
    .aliases([...(command.aliases ?? [])])
    .allowExcessArguments(true);
  addOptions(own, command.options ?? []);
  addGlobalOptions(own);
  const examples = command.examples?.map((line) => `  $ ${line}`).join("\n");
  if (examples) own.addHelpText("after", `\nExamples:\n${examples}`);
  // What stands nearest to the last word counts.
  own.action(() => execute(command, own.args, { ...program.opts(), ...parent.opts(), ...own.opts() }));
}

/** Runs a command; an interrupt stops it where nothing is half done. */
async function execute(command: Command, args: readonly string[], options: Options): Promise<number> {
  const { context, end, stop } = await createContext(options as GlobalOptions);
  const interrupted = (signal: NodeJS.Signals): void =>
    stop.abort(new ExitError("stopped; nothing was changed half", signal === "SIGINT" ? 130 : 143));
  // Once: who insists is obeyed at once.
  process.once("SIGINT", interrupted);
  process.once("SIGTERM", interrupted);
  try {
    useNetwork(context.global);
    await (await command.load()).run(context, args, options);
    return 0;
  } catch (thrown) {
    const error = forCommandLine(thrown);
    const line = context.json && isPvError(error) ? JSON.stringify(error) : `pvsdk: ${formatError(error)}`;
    process.stderr.write(`${line}\n`);
    return exitCodeOf(error, command);
  } finally {
    await end();
    process.removeListener("SIGINT", interrupted);
    process.removeListener("SIGTERM", interrupted);
  }
}

/** The whole command line, for help and completion too. */
export function createProgram(run: Execute): Program {
  const program = new Program("pvsdk");
  program
    .description("Pantavisor revisions on the command line; a pvr user can switch with: alias pvr=pvsdk")
    .enablePositionalOptions()
    .configureHelp({
      subcommandTerm: (command) => [command.name(), ...command.aliases()].join("|"),
    })
    .exitOverride()
    .showHelpAfterError("(pvsdk --help lists the commands)");
  addOptions(program, globalOptions);
  for (const flags of ignoredOptions) program.addOption(new Option(flags).hideHelp());
  for (const command of commands) register(program, command, run);
  return program;
}

/** `help sig add` is `sig add --help`; what is no command stays one that is unknown. */
function helpWords(program: Program, words: readonly string[]): readonly string[] {
  let at: Program | undefined = program;
  for (const word of words) at = at && subcommand(at, word);
  return at ? [...words, "--help"] : words;
}

/** Reads the command line and runs one command; gives the exit code, throws nothing that a user has done. */
export async function run(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = createProgram(async (command, rest, options) => {
    exitCode = await execute(command, rest, options);
  });
  try {
    const words = args[0] === "help" ? helpWords(program, args.slice(1)) : args;
    await program.parseAsync(words.length === 0 ? ["--help"] : [...plainFlags(words, program)], { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // As pvr: an unknown command is 3, a wrong flag 1, help 0, a group without a command as well.
    if (error.code === "commander.help") return 0;
    return error.code === "commander.unknownCommand" ? 3 : error.exitCode;
  }
}
