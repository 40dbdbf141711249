import { formatError } from "../core/index.ts";

/** What is still open after this long (a connection, a server) does not keep the process alive. */
const PATIENCE_MS = 2000;

/**
 * Ends a program whose work failed: one line on stderr (message, path, hint, code; never a stack), exit code 1 unless
 * told. The process ends by itself when nothing is left to do, so that files half-written are still taken away, and is
 * ended after two seconds where something hangs.
 *
 * @example
 * ```ts
 * import { PvError } from "@pv/sdk";
 * import { exitWithError } from "@pv/sdk/node";
 * async function main(): Promise<void> {
 *   if (process.argv.includes("--fail")) throw new PvError("PATH_UNSAFE", "leaves its folder", { path: "../x" });
 * }
 * main().catch(exitWithError);
 * ```
 */
export function exitWithError(error: unknown, exitCode = 1): void {
  process.exitCode = exitCode;
  // A reader that has gone (`| head`) is no reason for a stack trace.
  process.stderr.on("error", () => {});
  process.stderr.write(`${formatError(error)}\n`);
  setTimeout(() => process.exit(exitCode), PATIENCE_MS).unref();
}
