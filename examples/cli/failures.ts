import { isPvError } from "@pv/sdk/core";
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
