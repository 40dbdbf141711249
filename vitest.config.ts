import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  resolve: {
    alias: [
      { find: /^@pv\/sdk\/squashfs$/, replacement: new URL("src/wasm-squashfs/index.ts", import.meta.url).pathname },
      { find: /^@pv\/sdk\/([a-z-]+)$/, replacement: `${new URL("src/", import.meta.url).pathname}$1/index.ts` },
      { find: /^@pv\/sdk$/, replacement: new URL("src/index.ts", import.meta.url).pathname },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: "forks",
    reporters: ["default", "./scripts/summary-reporter.ts"],
  },
});
export default config;
