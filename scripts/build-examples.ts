/** Bundles the examples against the built package: `pvsdk` into one file that runs anywhere, the gateway into plain JavaScript. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { build } from "esbuild";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
const outfile = "examples/cli/dist/pvsdk.js";
const bundled = await build({
  entryPoints: ["examples/cli/pvsdk.ts"],
  write: false,
  bundle: true,
  minify: true,
  legalComments: "none",
  // CommonJS starts faster, and runs wherever the file is copied to.
  format: "cjs",
  platform: "node",
  target: "node20",
  define: { PVSDK_VERSION: JSON.stringify(version) },
  // Optional codecs stay with whoever installed them.
  external: ["fzstd", "lz4-napi", "node-liblzma", "xz-decompress"],
});
const program = bundled.outputFiles[0]!.text.replace(/^#!.*\n/, "");
mkdirSync("examples/cli/dist", { recursive: true });
// Parsing a megabyte takes longer than Node's start: it stands here as text, which is read only when it is wanted.
writeFileSync(
  outfile,
  `#!/usr/bin/env node
"use strict";
if (/^(?:--version|-v)$/.test(process.argv[2] ?? "")) require("node:fs").writeSync(1, ${JSON.stringify(`pvsdk ${version}\n`)});
else {
  const { Module } = require("node:module");
  const program = new Module(__filename, null);
  Object.assign(program, { filename: __filename, paths: module.paths });
  program._compile(${JSON.stringify(program)}, __filename);
}
`,
);
// The program is kept deflated within its file: V8 reads all of a script before it runs the first line of it, which would
// cost `pvsdk --version` more than Node's own start.
const program = readFileSync(outfile, "utf8").replace(/^#!.*\n/, "");
const deflated = deflateRawSync(program, { level: 9 }).toString("base64");
writeFileSync(
  outfile,
  `#!/usr/bin/env node
"use strict";
if (process.argv[2] === "--version" || process.argv[2] === "-v") console.log(${JSON.stringify(`pvsdk ${version}`)});
else module._compile(require("node:zlib").inflateRawSync(Buffer.from("${deflated}", "base64")).toString(), __filename);
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
