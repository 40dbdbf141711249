import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { rooms } from "../scripts/rooms.ts";

const src = resolve(import.meta.dirname, "../src");

/** A room imports only rooms of a lower rank (docs/architecture.md). */
const ranks: Record<string, number> = {
  core: 0,
  tree: 1,
  objects: 1,
  state: 1,
  revision: 2,
  diff: 3,
  sign: 3,
  "wasm-squashfs": 3,
  export: 3,
  sources: 4,
  container: 5,
  repo: 6,
  hub: 6,
  node: 7,
};

/** The packages each room may use; `import()` marks those that are loaded on demand only. */
const packages: Record<string, readonly string[]> = {
  core: ["fflate", "import(fzstd)", "import(xz-decompress)"],
  tree: ["import(@noble/hashes/sha2.js)"],
  objects: ["@noble/hashes/sha2.js"],
  state: ["zod/mini"],
  revision: [],
  diff: [],
  sign: [
    "@noble/hashes/sha2.js",
    "import(@noble/hashes/scrypt.js)",
    "import(@noble/curves/nist.js)",
    "@peculiar/asn1-schema",
    "@peculiar/asn1-x509",
  ],
  "wasm-squashfs": [
    "fflate",
    "import(zstddec)",
    "import(xz-decompress)",
    "import(@hpcc-js/wasm-zstd)",
    "import(node-liblzma)",
    "import(node-liblzma/wasm)",
  ],
  export: [],
  sources: [],
  container: [],
  repo: [],
  hub: [],
  node: [],
};

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

interface Import {
  file: string;
  from: string;
  dynamic: boolean;
}

/** Every module named by an import, a re-export or an `import()`; comments are left out. */
function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const found: Import[] = [];
  for (const match of text.matchAll(
    /(?:^|[\n;])\s*(?:import|export)\b[^;'"]*?from\s*["']([^"']+)["']|(?:^|\n)\s*import\s*["']([^"']+)["']/g,
  )) {
    found.push({ file, from: (match[1] ?? match[2])!, dynamic: false });
  }
  for (const match of text.matchAll(/\bimport\(\s*(?:\/\*[^*]*\*\/\s*)?["'`]([^"'`]+)["'`]/g))
    found.push({ file, from: match[1]!, dynamic: true });
  return found;
}

const roomOf = (file: string): string => relative(src, file).split("/")[0]!;
const all = sourceFiles(src).flatMap(importsOf);

describe("the house", () => {
  it("has the rooms that it says it has", () => {
    const folders = readdirSync(src).filter((name) => statSync(join(src, name)).isDirectory());
    expect(folders.toSorted()).toEqual([...rooms].toSorted());
    expect(Object.keys(ranks).toSorted()).toEqual([...rooms].toSorted());
  });

  it("imports one way: another room only through its index or internal, and only a lower one", () => {
    const wrong: string[] = [];
    for (const { file, from } of all) {
      if (!from.startsWith(".") || dirname(file) === src) continue;
      const target = resolve(dirname(file), from);
      const room = roomOf(file);
      const other = roomOf(target);
      if (other === room) continue;
      if (!(ranks[other]! < ranks[room]!)) wrong.push(`${relative(src, file)}: ${room} may not import ${other}`);
      const isDoor = /^[\w-]+\/(?:index|internal)\.ts$/.test(relative(src, target));
      if (!isDoor) wrong.push(`${relative(src, file)}: ${from} is neither an index nor an internal`);
    }
    expect(wrong).toEqual([]);
  });

  it("publishes no internal", () => {
    const doors = Object.values(
      (JSON.parse(readFileSync(join(src, "../package.json"), "utf8")) as { exports: object }).exports,
    );
    expect(JSON.stringify(doors)).not.toContain("internal");
    const leaks = all.filter(({ file, from }) => /\/(?:index)\.ts$/.test(file) && from.endsWith("/internal.ts"));
    expect(leaks).toEqual([]);
  });

  it("uses only the packages that its list names", () => {
    const wrong: string[] = [];
    for (const { file, from, dynamic } of all) {
      if (from.startsWith(".") || dirname(file) === src) continue;
      const room = roomOf(file);
      if (from.startsWith("node:") && room === "node") continue;
      if (
        !packages[room]!.includes(dynamic ? `import(${from})` : from) &&
        !(dynamic && packages[room]!.includes(from))
      ) {
        wrong.push(`${relative(src, file)}: ${dynamic ? "import() of " : ""}${from}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("has no file above 320 lines", () => {
    const long = sourceFiles(src).filter((file) => readFileSync(file, "utf8").split("\n").length > 321);
    expect(long.map((file) => relative(src, file))).toEqual([]);
  });

  it("reaches for no runtime's globals outside node/ and core/native.ts", () => {
    const wrong: string[] = [];
    for (const file of sourceFiles(src)) {
      if (roomOf(file) === "node" || relative(src, file) === "core/native.ts") continue;
      const code = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
      const hit = /\b(?:process\.|Buffer\.|require\(|Date\.now\(|Math\.random\(|localeCompare|Intl\.)/.exec(code);
      if (hit) wrong.push(`${relative(src, file)}: ${hit[0]}`);
    }
    expect(wrong).toEqual([]);
  });
});
