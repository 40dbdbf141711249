import { defineConfig, type Options } from "tsup";

// Types come from `tsc --emitDeclarationOnly` (isolatedDeclarations keeps them exact), JavaScript from here: one file a
// module, as in src/. In a chunk of many modules a bundler has to keep every top-level statement that it cannot prove
// pure, whoever needs it; whole modules it drops (`sideEffects: false`). "@pv/sdk/diff" is 5 kB this way, 11 kB in chunks.
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
    dts: false,
    esbuildPlugins: [
      {
        name: "one-file-a-module",
        setup(build) {
          build.onResolve({ filter: /./ }, ({ kind, path }) =>
            kind === "entry-point" ? undefined : { path: path.replace(/^(\..*)\.ts$/, "$1.js"), external: true },
          );
        },
      },
    ],
  });
export default config;
