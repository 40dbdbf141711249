import type { JsonValue } from "../../core/index.ts";
import { containerInvalid } from "../container-invalid.ts";
import { goText, isList } from "./go-text.ts";
import { lxcValue, oneLine } from "./lxc-value.ts";
import { isTrue, type TemplateInput } from "./template-input.ts";

/** The program of last resort. */
const DEFAULT_INIT = "/sbin/init";

/** What follows `lxc.init.cmd =`, blank included, as pvr writes it: nothing is escaped, and Cmd items stand glued. */
export function exactInitCommand({ image }: TemplateInput): string {
  const { Entrypoint: entry, Cmd: command } = image as { Entrypoint?: JsonValue; Cmd?: JsonValue };
  const text = (list: readonly JsonValue[], at: number): string => goText(list, at);
  const quotedFrom = (list: readonly JsonValue[], from: number): string[] =>
    list.slice(from).map((_, index) => `"${text(list, from + index)}"`);
  const program = (list: readonly JsonValue[]): string =>
    isTrue(list[0]) ? [` ${text(list, 0)}`, ...quotedFrom(list, 1)].join(" ") : "";
  if (isTrue(entry)) {
    if (!isList(entry)) return ` ${goText(image, "Entrypoint")}`;
    if (!isTrue(command)) return program(entry);
    return `${program(entry)} ${isList(command) ? quotedFrom(command, 0).join("") : `"${goText(image, "Cmd")}"`}`;
  }
  if (!isTrue(command)) return ` ${DEFAULT_INIT}`;
  return isList(command) ? program(command) : ` ${goText(image, "Cmd")}`;
}

function words(input: TemplateInput, option: "Entrypoint" | "Cmd"): readonly string[] | string {
  const value = input.image[option];
  if (!isTrue(value)) return [];
  if (typeof value === "string") return value;
  if (isList(value) && value.every((item) => typeof item === "string")) return value as readonly string[];
  throw containerInvalid(input.name, `config.${option}`, `${option} must be a list of texts`);
}

/**
 * One argument in quotes. Most need no escape and are read alike by every lxc; a `"`, a backslash at the end or two in a
 * row are escaped as the lxc of today's devices reads them (Pantavisor's fork, branch 3.0: `\"` and `\\` in quotes).
 */
function quoted(name: string, word: string, option: string): string {
  const line = oneLine(name, word, option);
  return /"|\\\\|\\$/.test(line) ? `"${line.replace(/["\\]/g, "\\$&")}"` : `"${line}"`;
}

/** The first word stands bare: a value that begins with a quote may lose it to lxc's config reader. */
function bare(name: string, word: string, option: string): string {
  const line = oneLine(name, word, option);
  if (line === "" || /[\s"]|^'/.test(line)) {
    throw containerInvalid(
      name,
      option,
      `lxc cannot start ${JSON.stringify(line)}: a program's path must not be empty or hold blanks or quotes`,
      "start it through a path without them, or through /bin/sh",
    );
  }
  return line;
}

/**
 * The value of `lxc.init.cmd`, so that lxc splits it into the image's own words.
 *
 * @throws `PvError` `CONTAINER_INVALID` when a word cannot be written.
 */
export function initCommand(input: TemplateInput): string {
  const { name } = input;
  const entry = words(input, "Entrypoint");
  const command = words(input, "Cmd");
  // A text is a command line already, in lxc's own syntax (hand edits of `config`).
  if (typeof entry === "string") return lxcValue(name, entry, "config.Entrypoint");
  if (typeof command === "string" && entry.length === 0) return lxcValue(name, command, "config.Cmd");
  // [""] is how an image takes back the entrypoint of its base.
  const own = entry.length === 1 && entry[0] === "" ? [] : entry;
  const rest = typeof command === "string" ? [command] : command;
  const option = own.length > 0 ? "config.Entrypoint" : "config.Cmd";
  const [program, ...others] = [...own, ...rest];
  if (program === undefined) return DEFAULT_INIT;
  return [
    bare(name, program, option),
    ...others.map((word, at) => quoted(name, word, at < own.length - 1 ? "config.Entrypoint" : "config.Cmd")),
  ].join(" ");
}
