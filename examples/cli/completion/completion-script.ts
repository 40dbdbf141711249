import type { Command as Program } from "commander";
import { fishScript } from "./fish-script.ts";
import { type Place, placesOf, quoted } from "./words.ts";

/** Sets `place` from the words typed so far, and what may follow there; bash and zsh read the same. */
function body(places: readonly Place[]): string {
  const known = places.filter(({ path }) => path !== "").map(({ path }) => `      ${quoted(path)}) place=$next ;;`);
  const follow = places.map(({ path, words, flags, takesParts }) => {
    const names = words.map(({ name }) => name).join(" ");
    const partFlags = flags.filter((flag) => flag.takesParts).flatMap((flag) => flag.names);
    const sets = [
      `names=${quoted(names)}`,
      `flags=${quoted(flags.flatMap((flag) => flag.names).join(" "))}`,
      `part_flags=${quoted(` ${partFlags.join(" ")} `)}`,
      `takes_parts=${takesParts ? "yes" : ""}`,
    ];
    return `    ${quoted(path)}) ${sets.join(" ")} ;;`;
  });
  return `  for each in "\${typed[@]}"; do
    next="\${place:+$place }$each"
    case "$next" in
${known.join("\n")}
    esac
    if [[ $each != = ]]; then last=$each; fi
  done
  case "$place" in
${follow.join("\n")}
  esac`;
}

function bash(places: readonly Place[]): string {
  return `_pvsdk() {
  local at=\${COMP_WORDS[COMP_CWORD]} place="" names="" flags="" part_flags="" takes_parts="" last="" each next
  local -a typed=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
  if [[ $at == = ]]; then typed+=("$at"); at=""; fi
${body(places)}
  local IFS=$'\\n' before=""
  if [[ -n $last && $part_flags == *" $last "* ]]; then
    if [[ $at == *,* ]]; then before="\${at%,*},"; fi
    COMPREPLY=($(compgen -P "$before" -W "$(pvsdk completion parts 2>/dev/null)" -- "\${at##*,}"))
  elif [[ $at == -* ]]; then COMPREPLY=($(compgen -W "\${flags// /$'\\n'}" -- "$at"))
  elif [[ -n $names ]]; then COMPREPLY=($(compgen -W "\${names// /$'\\n'}" -- "$at"))
  elif [[ -n $takes_parts ]]; then COMPREPLY=($(compgen -W "$(pvsdk completion parts 2>/dev/null)" -- "$at"))
  else COMPREPLY=($(compgen -f -- "$at")); fi
}
complete -o filenames -F _pvsdk pvsdk`;
}

function zsh(places: readonly Place[]): string {
  return `#compdef pvsdk
_pvsdk() {
  local at=\${words[CURRENT]} place="" names="" flags="" part_flags="" takes_parts="" last="" each next
  local -a typed
  typed=("\${(@)words[2,CURRENT-1]}")
${body(places)}
  if [[ $at == --*=* ]]; then last=\${at%%=*}; compset -P '*='; fi
  if [[ -n $last && $part_flags == *" $last "* ]]; then
    compset -P '*,'
    compadd -- \${(f)"$(pvsdk completion parts 2>/dev/null)"}
  elif [[ $at == -* ]]; then compadd -- \${=flags}
  elif [[ -n $names ]]; then compadd -- \${=names}
  elif [[ -n $takes_parts ]]; then compadd -- \${(f)"$(pvsdk completion parts 2>/dev/null)"}
  else _files; fi
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i; }
compdef _pvsdk pvsdk`;
}

/** What a shell reads to complete commands, flags and parts. */
export function completionScript(program: Program, shell: "bash" | "zsh" | "fish"): string {
  const places = placesOf(program);
  return shell === "fish" ? fishScript(places) : shell === "bash" ? bash(places) : zsh(places);
}
