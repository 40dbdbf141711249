import type { ErrorCode } from "@pv/sdk";
import type { Context } from "./context.ts";

/** What a command's module exports as `run`. */
export type Run = (context: Context, args: readonly string[], options: Options) => Promise<void>;

/** Values of a command's own flags. */
export type Options = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** A command, as the help shows it; its module is loaded when it runs. */
export interface Command {
  /** Words: `add`, `sig add`. */
  name: string;
  aliases?: readonly string[];
  summary: string;
  /** `<file>`, `[parts...]`; for the help only, the command counts its arguments itself. */
  args?: string;
  /** Commander flags, description, and the variable that sets it. */
  options?: readonly (readonly [flags: string, description: string, env?: string])[];
  /** Flags that stand before the last word (`sig --key K add`); given once, with the first command of the group. */
  parentOptions?: Command["options"];
  /** Lines of the help. */
  examples?: readonly string[];
  /** pvr's exit code for what goes wrong here; 1 unless given. */
  failure?: number;
  /** Other exit codes: for wrong arguments, a reference to nothing, and errors by their code. */
  failures?: Partial<Record<ErrorCode | "USAGE" | "REFERENCE", number>>;
  load: () => Promise<{ run: Run }>;
}

/** Text value of a flag. */
export function text(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}

/** Values of a flag that may be repeated. */
export function list(options: Options, name: string): readonly string[] {
  const value = options[name];
  return Array.isArray(value) ? value : typeof value === "string" ? [value] : [];
}
