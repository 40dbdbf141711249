import type { Command as Program } from "commander";

interface Word {
  /** The words before it: empty for a command, `sig` for `sig add`. */
  path: string;
  name: string;
  summary: string;
  flags: readonly string[];
}

function visible(program: Program): readonly string[] {
  return program.options
    .filter(({ hidden }) => !hidden)
    .flatMap(({ long, short }) => [long, short].filter((flag) => flag !== undefined && flag !== null) as string[]);
}

function words(program: Program, path = ""): readonly Word[] {
  return program.commands.flatMap((command) => [
    { path, name: command.name(), summary: command.description(), flags: visible(command) },
    ...words(command, path === "" ? command.name() : `${path} ${command.name()}`),
  ]);
}

/** Names by the words before them. */
function byPath(all: readonly Word[]): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const { path, name } of all) names.set(path, [...(names.get(path) ?? []), name]);
  return names;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function bash(program: Program): string {
  const all = words(program);
  const cases = [...byPath(all)].map(([path, names]) => `    ${quoted(path)}) words=${quoted(names.join(" "))} ;;`);
  const flags = all.map(({ path, name, flags: own }) => {
    const full = path === "" ? name : `${path} ${name}`;
    return `    ${quoted(full)}) flags=${quoted(own.join(" "))} ;;`;
  });
  return `_pvsdk() {
  local at=\${COMP_WORDS[COMP_CWORD]} path="" words="" flags="" each next
  for each in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $each == -* ]] && continue
    next="\${path:+$path }$each"
    case "$next" in
${all.map(({ path, name }) => `    ${quoted(path === "" ? name : `${path} ${name}`)}) path=$next ;;`).join("\n")}
    esac
  done
  case "$path" in
${cases.join("\n")}
  esac
  case "$path" in
    '') flags=${quoted(visible(program).join(" "))} ;;
${flags.join("\n")}
  esac
  if [[ $at == -* ]]; then COMPREPLY=($(compgen -W "$flags" -- "$at"))
  elif [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$at"))
  else COMPREPLY=($(compgen -f -- "$at")); fi
}
complete -o filenames -F _pvsdk pvsdk`;
}

function fish(program: Program): string {
  const all = words(program);
  const lines = all.map(({ path, name, summary }) => {
    const condition = path === "" ? "__fish_use_subcommand" : `__fish_seen_subcommand_from ${path.split(" ").at(-1)}`;
    return `complete -c pvsdk -n ${quoted(condition)} -a ${quoted(name)} -d ${quoted(summary)}`;
  });
  const flags = all.flatMap(({ name, flags: own }) =>
    own
      .filter((flag) => flag.startsWith("--"))
      .map((flag) => `complete -c pvsdk -n ${quoted(`__fish_seen_subcommand_from ${name}`)} -l ${flag.slice(2)}`),
  );
  return [...lines, ...flags].join("\n");
}

/** What a shell reads to complete words and flags; zsh takes bash's. */
export function completionScript(program: Program, shell: "bash" | "zsh" | "fish"): string {
  if (shell === "fish") return fish(program);
  return shell === "bash" ? bash(program) : `autoload -U +X bashcompinit && bashcompinit\n${bash(program)}`;
}
