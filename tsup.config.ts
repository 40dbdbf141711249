import { defineConfig, type Options } from "tsup";
import { rooms } from "./scripts/rooms.ts";

// Types come from `tsc --emitDeclarationOnly` (isolatedDeclarations keeps them exact), JavaScript from here.
const config: Options | Options[] | ((overrideOptions: Options) => Options | Options[] | Promise<Options | Options[]>) =
  defineConfig({
    entry: {
      index: "src/index.ts",
      ...Object.fromEntries(rooms.map((room) => [`${room}/index`, `src/${room}/index.ts`])),
    },
    format: ["esm"],
    target: "es2022",
    platform: "neutral",
    external: [/^node:/],
    splitting: true,
    treeshake: false,
    sourcemap: false,
    clean: true,
    dts: false,
  });
export default config;
