/** Bundles the examples against the built package: `pvsdk` into one file that runs anywhere, the gateway into plain JavaScript. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type BuildOptions, build } from "esbuild";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
const outfile = "examples/cli/dist/pvsdk.js";
const oneFile: BuildOptions = {
  bundle: true,
  minify: true,
  legalComments: "none",
  // CommonJS starts faster, and runs wherever the file is copied to.
  format: "cjs",
  platform: "node",
  target: "node20",
  define: { PVSDK_VERSION: JSON.stringify(version), "import.meta.url": "bundleUrl" },
  banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  // Optional codecs stay with whoever installed them.
  external: ["@hpcc-js/wasm-zstd", "fzstd", "node-liblzma", "node-liblzma/*", "xz-decompress", "zstddec"],
};
const bundled = await build({ ...oneFile, entryPoints: ["examples/cli/pvsdk.ts"], write: false });
// Encoders in WebAssembly work in threads where this lies beside the program, on the main thread where it does not.
await build({
  ...oneFile,
  entryPoints: ["src/wasm-squashfs/compressors/block-worker.ts"],
  outfile: "examples/cli/dist/block-worker.js",
});
const program = bundled.outputFiles![0]!.text.replace(/^#!.*\n/, "");
// Parsing a megabyte takes longer than Node's start, so it stands here as a comment, and is read when it is wanted.
const END = "*\u007f/";
if (/[^\0-\x7e]/.test(program)) throw new Error("the program must be ASCII");
mkdirSync("examples/cli/dist", { recursive: true });
writeFileSync(
  outfile,
  `#!/usr/bin/env node
"use strict";
const { readFileSync, writeSync } = require("node:fs");
if (/^(?:--version|-v)$/.test(process.argv[2] ?? "")) writeSync(1, ${JSON.stringify(`pvsdk ${version}\n`)});
else {
  const { Module } = require("node:module");
  const program = new Module(__filename, null);
  Object.assign(program, { filename: __filename, paths: module.paths });
  const text = readFileSync(__filename, "latin1");
  program._compile(text.slice(text.indexOf("/" + "*") + 2, -3).replaceAll(${JSON.stringify(END)}, "*" + "/"), __filename);
}
/*${program.replaceAll("*/", END)}*/
`,
);
chmodSync(outfile, 0o755);
writeFileSync("examples/cli/dist/package.json", '{ "type": "commonjs" }\n');

// Beside its sources, because its inputs lie there. Node could strip the types itself, for 20 MB more of memory.
await build({
  entryPoints: ["examples/gateway/gateway.ts"],
  outfile: "examples/gateway/gateway.js",
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  packages: "external",
  // Without this repository's paths, which lead into src/: it imports the package, as its reader would.
  tsconfigRaw: "{}",
});
