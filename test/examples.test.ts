import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

/** Runs the code of every `@example` in src/, and of every ```ts run block in README.md and docs/, as a user would. */
const root = resolve(import.meta.dirname, "..");
const folder = mkdtempSync(join(root, "test/.examples-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Example {
  name: string;
  code: string;
}

function inSource(): Example[] {
  const src = join(root, "src");
  return readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => {
      const text = readFileSync(join(src, name), "utf8");
      return [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap((block) => {
        const lines = block[0].replace(/^\s*\/?\*+\/? ?/gm, "");
        return [...lines.matchAll(/@example[\s\S]*?```ts\n([\s\S]*?)```/g)].map((match) => {
          const line = text.slice(0, block.index).split("\n").length;
          return { name: `src/${name}:${line}`, code: match[1]! };
        });
      });
    });
}

function inDocs(): Example[] {
  const files = [
    "README.md",
    ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).map((name) => `docs/${name}`),
  ];
  return files
    .filter((name) => name.endsWith(".md") && !name.startsWith("docs/api/"))
    .flatMap((name) => {
      const text = readFileSync(join(root, name), "utf8");
      return [...text.matchAll(/```ts run\n([\s\S]*?)```/g)].map((match) => ({
        name: `${name}:${text.slice(0, match.index).split("\n").length}`,
        code: match[1]!,
      }));
    });
}

const examples = [...inSource(), ...inDocs()];

describe("examples", () => {
  it("are there", () => expect(examples.length).toBeGreaterThan(3));
  it.each(examples)("$name", async ({ name, code }) => {
    const file = join(folder, `${name.replace(/[^a-z0-9]+/gi, "-")}.ts`);
    writeFileSync(file, `${code}\nexport {};\n`);
    await import(/* @vite-ignore */ file);
  });
});
