/**
 * Bundles each subpath for a browser, once with esbuild (it keeps what it cannot prove unused), and compares what
 * loads at once (not what `import()` loads later) with the budget. Fails over budget, and where `Buffer` is used.
 */
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

interface Budget {
  name: string;
  code: string;
  kilobytes: number;
}

const whole = (path: string): string => `export * from "@pv/sdk${path}";`;
const budgets: readonly Budget[] = [
  { name: ".", code: whole(""), kilobytes: 90 },
  { name: "./core", code: whole("/core"), kilobytes: 15 },
  { name: "./tree", code: whole("/tree"), kilobytes: 20 },
  { name: "./objects", code: whole("/objects"), kilobytes: 7 },
  { name: "./state", code: whole("/state"), kilobytes: 40 },
  {
    name: "./state parse + builders",
    code: 'export { parseState, device, container, composeState } from "@pv/sdk/state";',
    kilobytes: 14,
  },
  {
    name: "./diff",
    code: 'export { createPatch, applyPatch, diffStates, mergeStates, planUpdate } from "@pv/sdk/diff";',
    kilobytes: 5,
  },
  { name: "./sign", code: whole("/sign"), kilobytes: 9 },
  { name: "./squashfs", code: whole("/squashfs"), kilobytes: 30 },
  { name: "./export", code: whole("/export"), kilobytes: 55 },
  { name: "./sources", code: whole("/sources"), kilobytes: 40 },
  { name: "./container", code: whole("/container"), kilobytes: 85 },
];

let failed = 0;
for (const { name, code, kilobytes } of budgets) {
  const result = await build({
    stdin: { contents: code, resolveDir: process.cwd(), loader: "js" },
    bundle: true,
    // Not this repository's paths, which would lead into src/: what is measured is what is published.
    tsconfigRaw: "{}",
    minify: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    outdir: "out-of-sight",
    write: false,
    metafile: true,
    logLevel: "silent",
    external: ["fzstd", "zstddec", "xz-decompress", "lz4-napi", "node-liblzma"],
  });
  const outputs = result.metafile.outputs;
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { kind, path: next, external } of outputs[path]?.imports ?? []) {
      if (kind === "import-statement" && !external) visit(next);
    }
  };
  visit(Object.keys(outputs).find((path) => outputs[path]?.entryPoint === "<stdin>")!);
  const text = result.outputFiles
    .filter((file) => [...seen].some((path) => file.path.endsWith(path)))
    .map((file) => file.text)
    .join("\n");
  const size = gzipSync(text, { level: 9 }).length / 1000;
  const problems: string[] = [];
  if (size > kilobytes) problems.push(`over its budget of ${kilobytes} kB`);
  // A `node:` import would not have been bundled at all; what native.ts asks the runtime for are strings.
  if (/(?<![.\w])Buffer\.(?:from|alloc)/.test(text)) problems.push("uses Buffer");
  if (problems.length > 0) failed++;
  console.log(
    `${size.toFixed(1).padStart(6)} of ${String(kilobytes).padStart(3)} kB gz  ${name}  ${problems.join(", ")}`,
  );
}
console.log(`sizes: ${budgets.length - failed} passed, ${failed} failed, 0 skipped`);
if (failed > 0) process.exitCode = 1;
