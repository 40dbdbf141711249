import type { Option, Command as Program } from "commander";

/** A command or a group of them, as a shell completes it. */
export interface Place {
  /** `sig add`; empty for the program itself. */
  path: string;
  summary: string;
  /** Words that may follow, with what they do. */
  words: readonly { name: string; summary: string }[];
  flags: readonly Flag[];
  /** Its arguments are names of parts. */
  takesParts: boolean;
}

/** A flag, by all its names. */
export interface Flag {
  names: readonly string[];
  summary: string;
  takesValue: boolean;
  /** Its value is a part, or several with commas between. */
  takesParts: boolean;
}

function flagOf({ long, short, description, required, optional }: Option): Flag {
  const names = [long, short].filter((name) => name !== undefined && name !== null) as string[];
  return {
    names,
    summary: description,
    takesValue: required || optional,
    takesParts: names.some((name) => name === "--part" || name === "--parts"),
  };
}

/** All that can be typed, groups before what is in them. */
export function placesOf(program: Program, path = ""): readonly Place[] {
  const shown = program.commands.map((command) => ({ name: command.name(), summary: command.description() }));
  const aliases = program.commands.flatMap((command) =>
    command
      .aliases()
      .filter((name) => name.length > 2)
      .map((name) => ({ name, summary: `the same as ${command.name()}` })),
  );
  const place: Place = {
    path,
    summary: program.description(),
    words: [...shown, ...aliases],
    flags: program.options.filter(({ hidden, long }) => !hidden || long === "--json" || long === "--quiet").map(flagOf),
    takesParts: /<app>|\[names\.\.\.\]|\[prefix\]/.test(program.usage()),
  };
  const below = program.commands.flatMap((command) =>
    placesOf(command, path === "" ? command.name() : `${path} ${command.name()}`),
  );
  return [place, ...below];
}

/** A text that a shell takes as one word, whatever is in it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
