import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compileDeviceGlob, compileGlob } from "../../src/state/index.ts";

const read = <T>(name: string): T =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../vectors/globs", name), "utf8")) as T;
type Row = [pattern: string, name: string, verdict: string];

describe("compileGlob", () => {
  const table = read<{ names: string[]; patterns: { pattern: string; match: string[]; error: string[] }[] }>(
    "doublestar.json",
  );

  it.each(table.patterns)("$pattern matches as pvr says", ({ pattern, match, error }) => {
    const verdict = compileGlob(pattern);
    for (const name of table.names) {
      const expected = error.includes(name) ? "bad-pattern" : match.includes(name) ? "match" : "miss";
      expect(`${name}: ${verdict(name)}`).toBe(`${name}: ${expected}`);
    }
  });

  it("agrees with doublestar on random patterns", () => {
    const rows = read<Row[]>("doublestar-random.json");
    expect(rows.length).toBeGreaterThan(1000);
    for (const row of rows) expect([row[0], row[1], compileGlob(row[0])(row[1])]).toEqual(row);
  });

  it.each([
    ["stars", "*a".repeat(300), "a".repeat(2000)],
    ["globstars", "**/".repeat(300), "a/".repeat(2000)],
    ["alternatives", "{a,a,aa}".repeat(120), "a".repeat(120)],
    ["nested alternatives", `${"{a,".repeat(300)}b${"}".repeat(300)}`, "b"],
    ["empty alternatives", `${"{,}".repeat(300)}z`, ""],
    ["both", "**/*a*b*".repeat(40), "aab/".repeat(300)],
  ])("does not blow up on %s", (_, pattern, name) => {
    const start = performance.now();
    compileGlob(pattern)(name);
    compileDeviceGlob(pattern)(name);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it("calls a pattern bad that nobody could mean", () => {
    expect(compileGlob("*".repeat(2000))("a")).toBe("bad-pattern");
    expect(compileGlob(`*${"a".repeat(20_000)}`)("a")).toBe("bad-pattern");
  });
});

describe("compileDeviceGlob", () => {
  it("agrees with a device's C library", () => {
    const rows = read<Row[]>("fnmatch-musl.json");
    expect(rows.length).toBeGreaterThan(700);
    for (const row of rows) expect([row[0], row[1], compileDeviceGlob(row[0])(row[1]) ? "match" : "miss"]).toEqual(row);
  });

  it.each<[pattern: string, yes: string[], no: string[]]>([
    ["**", [], ["web", "web/run.json", "#spec"]],
    ["**/**", ["#spec", "web/run.json", "a/b/c"], []],
    ["*/**", ["web/run.json", "a/b/c"], []],
    ["web/**", ["web", "web/run.json", "web/a/b"], ["web2", "webs/x", "x/web/y"]],
    ["**/src.json", ["web/src.json"], ["src.json", "a/b/src.json"]],
    ["a/**/b", ["a/x/b"], ["a/b", "a/x/y/b"]],
    ["*", ["#spec", "web", ".hidden"], ["web/run.json"]],
    ["{web,bsp}/*", ["{web,bsp}/x"], ["web/x"]],
    ["w?b", ["wxb"], ["wéb"]],
  ])("%s", (pattern, yes, no) => {
    const match = compileDeviceGlob(pattern);
    expect(yes.filter((key) => !match(key))).toEqual([]);
    expect(no.filter((key) => match(key))).toEqual([]);
  });
});
