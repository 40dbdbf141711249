#!/usr/bin/env node
/** `pvsdk`: the command line a pvr user can switch to. Nothing is loaded before it is known to be needed. */
export {};

declare const PVSDK_VERSION: string | undefined;

const args = process.argv.slice(2);
if (args[0] === "--version" || args[0] === "-v") {
  console.log(`pvsdk ${typeof PVSDK_VERSION === "undefined" ? "0.0.0-source" : PVSDK_VERSION}`);
} else {
  // A reader that has gone (`| head`) is no error of this program.
  process.stdout.on("error", () => process.exit());
  import("./program.ts").then(async ({ run }) => {
    process.exitCode = await run(args);
  });
}
