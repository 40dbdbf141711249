import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { Plugin } from "esbuild";

/** Where each name of a room's index.ts or internal.ts is defined; `import * as` names and types are left out. */
function definitions(index: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, names = "", from = ""] of readFileSync(index, "utf8").matchAll(
    /^export \{([^}]*)\} from "(\.[^"]+)";/gm,
  )) {
    for (const name of names.split(",").map((one) => one.trim())) {
      if (/^\w+$/.test(name)) found.set(name, join(dirname(index), from));
    }
  }
  return found;
}

/** Imports of another room's index.ts or internal.ts become imports of the modules that define what is wanted. */
function direct(text: string, file: string, known: Map<string, ReadonlyMap<string, string>>): string {
  return text.replace(
    /^import \{([^}]*)\} from "(\.\.[^"]*\/(?:index|internal)\.ts)";/gm,
    (_all, names: string, from: string) => {
      const index = join(dirname(file), from);
      if (!known.has(index)) known.set(index, definitions(index));
      const wanted = names.split(",").map((one) => one.trim());
      const lines = wanted
        .filter((name) => name !== "" && !name.startsWith("type "))
        .map((name) => {
          const module = known.get(index)!.get(name.split(" as ")[0]!);
          return `import { ${name} } from "${module ? relative(dirname(file), module) : from}";`;
        });
      return lines.join(" ");
    },
  );
}

/**
 * Keeps one file a module, as in src/, and goes around the index files inside the package. A bundler drops whole modules
 * that nobody needs (`sideEffects: false`); in a chunk of many it has to keep every statement that it cannot prove pure,
 * and behind an index it finds the `import()`s of modules that nobody asked for. `@pv/sdk/diff` is 5 kB this way, 6 kB
 * through the index files, 11 kB in chunks.
 */
export function oneFileAModule(): Plugin {
  const known = new Map<string, ReadonlyMap<string, string>>();
  return {
    name: "one-file-a-module",
    setup(build) {
      build.onResolve({ filter: /./ }, ({ kind, path }) =>
        kind === "entry-point" ? undefined : { path: path.replace(/^(\..*)\.ts$/, "$1.js"), external: true },
      );
      build.onLoad({ filter: /\/src\/[^/]+\/.*\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, "utf8");
        return {
          contents: /\/src\/[^/]+\/(?:index|internal)\.ts$/.test(path) ? text : direct(text, path, known),
          loader: "ts",
        };
      });
    },
  };
}
