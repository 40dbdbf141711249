import { join } from "node:path";
import { build } from "esbuild";

/** `pvsdk` from these sources in one file, for tests that need a process of its own. */
export async function bundlePvsdk(folder: string): Promise<string> {
  const outfile = join(folder, "pvsdk.cjs");
  await build({
    entryPoints: [join(import.meta.dirname, "../../examples/cli/pvsdk.ts")],
    outfile,
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    logLevel: "error",
    tsconfig: join(import.meta.dirname, "../../tsconfig.json"),
    external: ["fzstd", "lz4-napi", "node-liblzma", "xz-decompress"],
  });
  return outfile;
}
