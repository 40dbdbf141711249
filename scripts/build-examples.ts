/** Bundles the examples against the built package: `pvsdk` into one file that runs anywhere, the gateway into plain JavaScript. */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
const outfile = "examples/cli/dist/pvsdk.js";
await build({
  entryPoints: ["examples/cli/pvsdk.ts"],
  outfile,
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
