import { defineConfig, type Options } from "tsup";
import { oneFileAModule } from "./scripts/one-file-a-module.ts";

// Types come from `tsc --emitDeclarationOnly` (isolatedDeclarations keeps them exact), JavaScript from here.
const config: Options | Options[] | ((overrideOptions: Options) => Options | Options[] | Promise<Options | Options[]>) =
  defineConfig({
    entry: ["src/**/*.ts"],
    format: ["esm"],
    target: "es2022",
    platform: "neutral",
    splitting: false,
    treeshake: false,
    sourcemap: false,
    clean: true,
    silent: true,
    dts: false,
    esbuildPlugins: [oneFileAModule()],
  });
export default config;
