import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  applyPatch,
  canonicalJson,
  createPatch,
  diffStates,
  formatState,
  isPvError,
  type JsonObject,
  type JsonValue,
  mergeStates,
  type PvError,
  parseState,
  planUpdate,
} from "../../src/index.ts";
import { parseJson } from "../../src/state/index.ts";
import { anyState, state } from "./arbitrary.ts";

interface Case {
  name: string;
  pristine: string;
  working: string;
  diff: string;
  committed: string;
  diffAfterCommit: string;
}
const folder = join(import.meta.dirname, "../vectors/repo-diff");
const cases = readFileSync(join(folder, "cases.jsonl"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Case);

/** What differs from pvr on purpose; each has its own test below. */
const deviations = [
  "diff-10-null-in-new-file",
  "diff-11-null-added-to-existing",
  "diff-12-value-to-null",
  "diff-14-big-integers",
  "diff-22-top-level-null-file",
];

function thrown(run: () => unknown): PvError {
  try {
    run();
  } catch (error) {
    if (isPvError(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const canonicalText = (text: string): string => canonicalJson(new TextEncoder().encode(text));
const find = (name: string): Case => cases.find((one) => one.name.startsWith(name))!;

describe("patches against pvr's", () => {
  it("has all cases", () => expect(cases).toHaveLength(26));

  it.each(cases.filter(({ name }) => !deviations.includes(name)))("$name: createPatch is pvr diff", (one) => {
    const patch = createPatch(parseState(one.pristine), parseState(one.working));
    expect(canonicalJson(patch)).toBe(canonicalText(one.diff));
  });

  it.each(cases.filter(({ name }) => !deviations.includes(name)))("$name: applyPatch is pvr commit", (one) => {
    const committed = applyPatch(parseState(one.pristine), parseJson(one.diff) as JsonObject);
    expect(formatState(committed)).toBe(one.committed);
    expect(formatState(committed)).toBe(formatState(parseState(one.working)));
    expect(createPatch(committed, parseState(one.working))).toEqual({});
  });
});

describe("where pvr is not followed", () => {
  it("a member that is null has no word in a patch: throws with its path, where pvr prunes it", () => {
    for (const [name, path] of [
      ["diff-10", "db/run.json/a"],
      ["diff-11", "c.json/b"],
      ["diff-12", "c.json/b"],
      ["diff-22", "n.json"],
    ] as const) {
      const { pristine, working, committed } = find(name);
      const error = thrown(() => createPatch(parseState(pristine), parseState(working)));
      expect(error.code, name).toBe("CHANGE_IMPOSSIBLE");
      expect(error.data, name).toEqual({ path });
      expect(error.message).toContain(path);
      expect(committed, "pvr writes another state than the one it was given").not.toBe(
        formatState(parseState(working)),
      );
    }
  });

  it("nulls inside arrays stay, where pvr's commit drops them", () => {
    const from = state({ "a.json": { x: 1 } });
    const to = state({ "a.json": { x: [1, null, { c: null }] } });
    const patch = createPatch(from, to);
    expect(canonicalJson(patch)).toBe('{"a.json":{"x":[1,null,{"c":null}]}}');
    expect(formatState(applyPatch(from, patch))).toBe(formatState(to));
  });

  it("an array with a null equals itself, where pvr reports it as changed for ever", () => {
    const one = parseState('{"#spec":"s","a.json":{"x":[1,null]},"b.json":[{"y":null}]}');
    const two = parseState('{"#spec":"s","a.json":{"x":[1,null]},"b.json":[{"y":null}]}');
    expect(createPatch(one, two)).toEqual({});
    // pvr: committed, and yet dirty.
    expect(find("diff-10").diffAfterCommit).not.toBe("{}\n");
  });

  it("numbers are compared by their decimals, where pvr compares doubles", () => {
    const { pristine, working, diff } = find("diff-14");
    expect(canonicalText(diff)).toBe("{}");
    const patch = createPatch(parseState(pristine), parseState(working));
    expect(canonicalJson(patch)).toBe('{"c.json":{"m":12345678901234567891,"n":9007199254740993}}');
    expect(formatState(applyPatch(parseState(pristine), patch))).toBe(formatState(parseState(working)));
  });
});

describe("RFC 7386", () => {
  // Appendix A: original, patch, result.
  const appendix: readonly (readonly [JsonValue, JsonValue, JsonValue])[] = [
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ a: "b" }, ["c"], ["c"]],
    [{ a: "foo" }, "bar", "bar"],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  it.each(appendix)("%j patched by %j is %j", (original, patch, result) => {
    expect(applyPatch(state({ "x.json": original }), { "x.json": patch })["x.json"]).toEqual(result);
  });
  it("null for the whole document removes it", () => {
    expect(Object.keys(applyPatch(state({ "x.json": { a: "foo" } }), { "x.json": null }))).toEqual(["#spec"]);
  });
});

describe("createPatch and applyPatch", () => {
  it("law: what createPatch says, applyPatch does, to the last digit", () => {
    fc.assert(
      fc.property(anyState(), anyState(), (from, to) => {
        const patch = createPatch(from, to);
        const text = canonicalJson(patch);
        expect(formatState(applyPatch(from, patch))).toBe(formatState(to));
        // Over the wire as well.
        expect(formatState(applyPatch(from, parseJson(text) as JsonObject))).toBe(formatState(to));
      }),
      { numRuns: 2000 },
    );
  });

  it("law: nulls either survive or are refused with a path that is null there", () => {
    fc.assert(
      fc.property(anyState(true), anyState(true), (from, to) => {
        let patch: JsonObject;
        try {
          patch = createPatch(from, to);
        } catch (error) {
          expect(isPvError(error, "CHANGE_IMPOSSIBLE")).toBe(true);
          return;
        }
        expect(formatState(applyPatch(from, patch))).toBe(formatState(to));
      }),
      { numRuns: 1000 },
    );
  });

  it("law: a state against itself is {}, whatever the order of its members; canonical text is a fixed point", () => {
    fc.assert(
      fc.property(anyState(true), (one) => {
        const line = formatState(one);
        expect(createPatch(one, one)).toEqual({});
        expect(createPatch(one, parseState(line))).toEqual({});
        expect(formatState(parseState(line))).toBe(line);
      }),
      { numRuns: 1000 },
    );
  });

  it("gives back what it was given, and changes nothing", () => {
    const from = state({ "web/run.json": { name: "web", list: [1] } });
    const objects = { has: () => Promise.resolve(false) };
    const patch = { "web/run.json": { list: [{ a: 1 }] } };
    const revision = applyPatch({ state: from, objects }, patch);
    expect(revision.objects).toBe(objects);
    patch["web/run.json"].list[0]!.a = 2;
    expect(revision.state["web/run.json"]).toEqual({ name: "web", list: [{ a: 1 }] });
    expect(from["web/run.json"]).toEqual({ name: "web", list: [1] });
    expect(Object.isFrozen(revision.state)).toBe(true);
    const document = revision.state["web/run.json"] as JsonObject;
    expect([document, document["list"]].every(Object.isFrozen)).toBe(true);
  });

  it("takes __proto__ for a name like any other", () => {
    const from = state();
    const to = parseState(
      '{"#spec":"pantavisor-service-system@1","a.json":{"__proto__":{"polluted":true},"constructor":1}}',
    );
    const patch = createPatch(from, to);
    expect(canonicalJson(patch)).toBe('{"a.json":{"__proto__":{"polluted":true},"constructor":1}}');
    expect(formatState(applyPatch(from, patch))).toBe(formatState(to));
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(createPatch(state({ "a.json": {} }), state({ "a.json": {} }))).toEqual({});
  });

  it("refuses a patch that takes #spec away", () => {
    const error = thrown(() => applyPatch(state(), { "#spec": null }));
    expect(error.code).toBe("CHANGE_IMPOSSIBLE");
    expect(thrown(() => applyPatch(state(), { "#spec": 1 })).code).toBe("CHANGE_IMPOSSIBLE");
  });

  it.each([null, "{}", 5, true, [{ a: 1 }]])("refuses the patch %j: it would replace the whole state", (patch) => {
    expect(thrown(() => applyPatch(state(), patch as unknown as JsonObject)).code).toBe("CHANGE_IMPOSSIBLE");
  });

  it("ends too deep a document with a typed error", () => {
    const deep = (levels: number, core: string): string => `${'{"a":'.repeat(levels)}${core}${"}".repeat(levels)}`;
    const text = (levels: number, core: string): string => `{"#spec":"s","x.json":${deep(levels, core)}}`;
    const [one, two] = [parseState(text(900, "1")), parseState(text(900, "2"))];
    expect(formatState(applyPatch(one, createPatch(one, two)))).toBe(text(900, "2"));
    const [far, farther] = [parseState(text(9000, "1")), parseState(text(9000, "2"))];
    const array = parseState(`{"#spec":"s","x.json":${"[".repeat(9000)}1${"]".repeat(9000)}}`);
    const other = parseState(`{"#spec":"s","x.json":${"[".repeat(9000)}2${"]".repeat(9000)}}`);
    expect(thrown(() => createPatch(far, farther)).code).toBe("CHANGE_IMPOSSIBLE");
    expect(thrown(() => createPatch(state(), far)).code).toBe("CHANGE_IMPOSSIBLE");
    expect(thrown(() => createPatch(array, other)).code).toBe("CHANGE_IMPOSSIBLE");
    expect(thrown(() => applyPatch(state(), far)).code).toBe("CHANGE_IMPOSSIBLE");
    expect(thrown(() => applyPatch(state(), array)).code).toBe("CHANGE_IMPOSSIBLE");
    for (const run of [
      () => diffStates(far, farther),
      () => planUpdate(array, other),
      () => mergeStates(state(), far, farther),
    ]) {
      expect(thrown(run).code).toBe("CHANGE_IMPOSSIBLE");
    }
    let made: JsonObject = {};
    for (let level = 0; level < 1_000_000; level++) made = { a: made };
    expect(thrown(() => applyPatch(state(), { "x.json": made })).code).toBe("CHANGE_IMPOSSIBLE");
  });
});
