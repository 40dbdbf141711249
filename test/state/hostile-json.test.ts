import { describe, expect, it } from "vitest";
import { isPvError, type JsonValue, type PvError } from "../../src/core/index.ts";
import { canonicalJson, composeState, container, parseJson, parseState } from "../../src/state/index.ts";

function failure(work: () => unknown): PvError<"STATE_INVALID"> {
  try {
    work();
  } catch (error) {
    if (isPvError(error, "STATE_INVALID")) return error;
    throw error;
  }
  throw new Error("nothing thrown");
}

/** Seconds that a case may take on a slow machine; each takes a fraction. */
const SECONDS = 20;

describe("hostile JSON ends in one error, soon", () => {
  it.each<[name: string, code: string, make: () => string | Uint8Array]>([
    ["a million open brackets", "JSON_TOO_DEEP", () => "[".repeat(1e6)],
    ["a million open objects", "JSON_TOO_DEEP", () => '{"a":'.repeat(1e6)],
    ["100 MB of text", "JSON_TOO_LARGE", () => `["${"a".repeat(100e6)}"]`],
    ["100 MB of bytes", "JSON_TOO_LARGE", () => new Uint8Array(100e6).fill(0x20)],
    ["more values than anyone needs", "JSON_TOO_LARGE", () => `[${"0,".repeat(5e6)}0]`],
    ["numbers that spell out to gigabytes", "JSON_NUMBER_RANGE", () => `[${"1e99999,".repeat(1e5)}1]`],
    ["a number of a million digits behind a bad one", "JSON_INVALID", () => `[${"1".repeat(1e6)}.]`],
    ["a string without end", "JSON_INVALID", () => `"${"\\n".repeat(1e6)}`],
  ])("%s", (_, code, make) => {
    const text = make();
    const start = performance.now();
    for (const read of [parseJson, parseState]) expect(failure(() => read(text)).data.findings[0]?.code).toBe(code);
    expect(performance.now() - start).toBeLessThan(SECONDS * 1000);
  });

  it("a million duplicates of a key are one member", () => {
    const text = `{${'"a":[1,2],'.repeat(1e6)}"a":"last"}`;
    expect(canonicalJson(parseJson(text))).toBe('{"a":"last"}');
    const numbers = `{${'"a":12345678901234567890,'.repeat(1e5)}"a":1}`;
    expect(canonicalJson(parseJson(numbers))).toBe('{"a":1}');
  });

  it("10,000 levels are read and written, one more is not", () => {
    const nest = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    expect(canonicalJson(parseJson(nest(10_000)))).toBe(nest(10_000));
    expect(failure(() => parseJson(nest(10_001))).data.findings[0]?.code).toBe("JSON_TOO_DEEP");
  });

  it("a value nested without end is no stack overflow", () => {
    let deep: JsonValue = [];
    for (let depth = 0; depth < 1e5; depth++) deep = { a: [deep] };
    const round: { me?: JsonValue } = {};
    round.me = round as JsonValue;
    for (const value of [deep, round as JsonValue]) {
      const works = [
        () => canonicalJson(value),
        () => parseState({ "#spec": "x", a: value }),
        () => composeState({ a: value }),
        () => container({ name: "web", type: "lxc" }, {}, { "x.json": value }),
      ];
      for (const work of works) expect(failure(work).data.findings[0]?.code).toBe("JSON_TOO_DEEP");
    }
  });

  it("an error says where", () => {
    const error = failure(() => parseState('{\n "a": {"b": [1, 2,]}\n}'));
    expect(error.message).toBe("a/b/2: found ], expected a value at line 2, column 19");
    expect(error.data.findings).toHaveLength(1);
    expect(failure(() => parseJson("\ufeff{}")).message).toBe("found U+FEFF, expected a value at line 1, column 1");
    expect(failure(() => parseJson("")).message).toMatch(/^the text ends where a value should be/);
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code: "STATE_INVALID" });
  });

  it.each([
    "{} x",
    "1 2",
    "[1,]",
    '{"a":1,}',
    "{a:1}",
    "{'a':1}",
    "[01]",
    "[1.]",
    "[.5]",
    "[+1]",
    "[1e]",
    "[-]",
    "[NaN]",
    "[Infinity]",
    "nul",
    '"\\x"',
    '"\\u12g4"',
    '"\t"',
    "// c\n1",
    "[1 2]",
    '{"a" 1}',
    "]",
    "\u00a01",
    "\v1",
  ])("%j is no JSON", (text) => {
    expect(failure(() => parseJson(text)).data.findings[0]?.code).toBe("JSON_INVALID");
  });
});
