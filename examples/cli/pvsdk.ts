#!/usr/bin/env node
/** `pvsdk`: the command line a pvr user can switch to. Nothing is loaded before it is known to be needed. */
export {};

declare const PVSDK_VERSION: string | undefined;

const args = process.argv.slice(2);
if (args[0] === "--version" || args[0] === "-v") {
  console.log(`pvsdk ${typeof PVSDK_VERSION === "undefined" ? "0.0.0-source" : PVSDK_VERSION}`);
} else {
  import("./program.ts").then(({ run }) => run(args));
}
