import { defineConfig, mergeConfig, type ViteUserConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** For `npm run mutation`: the tests of signatures, without a browser and without the suites that try every byte. */
const config: ViteUserConfig = mergeConfig(
  base,
  defineConfig({
    test: {
      exclude: ["test/sign/browser.test.ts", "test/sign/flip-bytes.test.ts", "test/sign/hostile.test.ts"],
      reporters: ["default"],
    },
  }),
);
config.test!.include = ["test/sign/*.test.ts"];
export default config;
