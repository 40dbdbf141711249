import { isPvError, PvError } from "@pv/sdk/core";
import type { Command } from "./command.ts";

/** A failure with an exit code of its own. */
export class ExitError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}

/** Wrong arguments. */
export class UsageError extends Error {}

/** A source or a remote that cannot be one. */
export class ReferenceFailure extends Error {}

/** The exit code that pvr has for such a failure of this command. */
export function exitCodeOf(error: unknown, { failure = 1, failures = {} }: Command): number {
  if (error instanceof ExitError) return error.exitCode;
  if (error instanceof UsageError) return failures.USAGE ?? 1;
  if (error instanceof ReferenceFailure) return failures.REFERENCE ?? failure;
  if (!isPvError(error)) return failure;
  return failures[error.code] ?? (error.code === "REPOSITORY_BROKEN" ? 2 : failure);
}

/** Work on a file that a person has named: what goes wrong in it says the file. */
export async function about<T>(file: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isPvError(error) || error.message.includes(file)) throw error;
    throw new PvError(error.code, `${file}: ${error.message}`, error.data as never, { cause: error, hint: error.hint });
  }
}
