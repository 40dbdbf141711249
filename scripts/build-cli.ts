/** Bundles `examples/cli` against the built package into one runnable file. */
import { chmodSync, readFileSync } from "node:fs";
import { build } from "esbuild";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
const outfile = "examples/cli/dist/pvsdk.js";
await build({
  entryPoints: ["examples/cli/pvsdk.ts"],
  outfile,
  bundle: true,
  minify: true,
  legalComments: "none",
  format: "esm",
  platform: "node",
  target: "node20",
  define: { PVSDK_VERSION: JSON.stringify(version) },
  // Optional codecs stay with whoever installed them.
  external: ["fzstd", "lz4-napi", "node-liblzma", "xz-decompress"],
  // Some packages still call require(), which an ES module has not.
  banner: {
    js: 'import { createRequire as pvsdkRequire } from "node:module";const require = pvsdkRequire(import.meta.url);',
  },
});
chmodSync(outfile, 0o755);
