import type { Command as Program } from "commander";

/** Flags as Go programs read them, on the way to a parser that reads them as most others do. */

/** Go's `ParseBool`; undefined for what is neither. */
export function parseBool(text: string): boolean | undefined {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(?:0|f|F|FALSE|false|False)$/.test(text)) return false;
  return undefined;
}

/** True where a value follows; undefined for what is no flag there. */
function takesValue({ options }: Program, flag: string): boolean | undefined {
  const option = options.find(({ long, short }) => long === flag || short === flag);
  return option && (option.required || option.optional);
}

/**
 * `-parts x` as `--parts x`, `--raw=false` as nothing; what stands behind a flag that takes a value is left alone. A flag
 * is that of the command whose words came before it.
 */
export function plainFlags(args: readonly string[], program: Program): readonly string[] {
  const plain: string[] = [];
  let command = program;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === "--") return [...plain, ...args.slice(at)];
    const [, name, value] = /^--?([A-Za-z][A-Za-z-]*)(?:=(.*))?$/s.exec(arg) ?? [];
    const flag = name === undefined ? "" : name.length === 1 ? `-${name}` : `--${name}`;
    const hasValue = takesValue(command, flag);
    if (hasValue === undefined) {
      plain.push(arg);
      if (!arg.startsWith("-")) command = subcommand(command, arg) ?? command;
    } else if (hasValue) {
      plain.push(flag);
      if (value !== undefined) plain.push(value);
      else if (at + 1 < args.length) plain.push(args[++at]!);
    } else if (value === undefined || parseBool(value) === true) plain.push(flag);
    else if (parseBool(value) === undefined) plain.push(arg);
  }
  return plain;
}

/** A command below another, by any of its names. */
export function subcommand(program: Program, word: string): Program | undefined {
  return program.commands.find((command) => command.name() === word || command.aliases().includes(word));
}
