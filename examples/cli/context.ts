import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Job } from "@pv/sdk";
import type { Repository } from "@pv/sdk/repo";
import { forTerminal } from "./for-terminal.ts";

export { ExitError } from "./failures.ts";

/** What every command is given: where things are, how to speak, when to stop. */
export interface Context {
  /** `~/.pvr`, or what `--config-dir` and `PVR_CONFIG_DIR` say; absolute. */
  configDir: string;
  /** Results, on standard output. */
  print(text: string): void;
  /** What a person may want to know, on standard error; silent with `--quiet`. */
  note(text: string): void;
  /** True with `--json`. */
  json: boolean;
  /** Signal and progress of long work. */
  job: Job;
  /** `PV_COMPAT=pvr-2023`: template bytes as pvr makes them. */
  compat: "pvr-2023" | undefined;
  /** Values of the global flags. */
  global: GlobalOptions;
  /** The repository of the working folder, disposed when the command ends. */
  repository(): Promise<Repository>;
  /** Called when the command ends, however it does. */
  atEnd(work: () => Promise<void>): void;
}

/** Flags that stand before the command. */
export interface GlobalOptions {
  configDir?: string;
  accessToken?: string;
  baseurl?: string;
  repoBaseurl?: string;
  httpProxy?: string;
  insecure?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** Makes the context of one run; `end` releases what it opened. */
export async function createContext(global: GlobalOptions): Promise<{
  context: Context;
  end(): Promise<void>;
  stop: AbortController;
}> {
  const stop = new AbortController();
  const ends: (() => Promise<void>)[] = [];
  const quiet = global.quiet === true;
  // Each part of the library is loaded when it is wanted: a command starts in half the time.
  const { terminalProgress } = await import("@pv/sdk/node");
  const job: Job = { signal: stop.signal, onProgress: quiet ? undefined : terminalProgress() };
  const context: Context = {
    configDir: resolve(global.configDir ?? join(homedir(), ".pvr")),
    // Another program gets the bytes as they are.
    print: (text) => void process.stdout.write(`${process.stdout.isTTY ? forTerminal(text) : text}\n`),
    note: (text) => void (quiet || process.stderr.write(`${forTerminal(text)}\n`)),
    json: global.json === true,
    job,
    compat: process.env["PV_COMPAT"] === "pvr-2023" ? "pvr-2023" : undefined,
    global,
    atEnd: (work) => void ends.push(work),
    async repository() {
      const { openRepository } = await import("@pv/sdk/repo");
      const repository = await openRepository(process.cwd(), { signal: stop.signal });
      ends.push(() => repository[Symbol.asyncDispose]());
      return repository;
    },
  };
  return {
    context,
    stop,
    async end() {
      for (const work of ends.reverse()) await work();
    },
  };
}
