import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { run } from "../../examples/cli/program.ts";

/** What one run of the command line did. */
export interface Ran {
  rc: number;
  stdout: string;
  stderr: string;
}

/** A working folder, and the command line in it. */
export interface Desk {
  /** The working folder; its parent is free for other files. */
  folder: string;
  /** Runs `pvsdk` with these arguments. */
  pvsdk(...args: readonly string[]): Promise<Ran>;
  close(): void;
}

/** A folder of its own that the command line runs in, inside this process. */
export function openDesk(): Desk {
  const outside = mkdtempSync(join(tmpdir(), "pvsdk-"));
  const folder = join(outside, "work");
  mkdirSync(folder);
  const before = process.cwd();
  process.chdir(folder);
  vi.stubEnv("PVR_CONFIG_DIR", join(outside, "config"));
  return {
    folder,
    async pvsdk(...args) {
      const out = { stdout: "", stderr: "" };
      const spies = (["stdout", "stderr"] as const).map((name) =>
        vi.spyOn(process[name], "write").mockImplementation((chunk) => {
          out[name] += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
          return true;
        }),
      );
      try {
        return { rc: await run(args), ...out };
      } finally {
        for (const spy of spies) spy.mockRestore();
      }
    },
    close() {
      process.chdir(before);
      vi.unstubAllEnvs();
      rmSync(outside, { recursive: true, force: true });
    },
  };
}
