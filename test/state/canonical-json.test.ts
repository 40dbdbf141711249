import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPvError, type JsonValue } from "../../src/core/index.ts";
import { canonicalJson, parseJson } from "../../src/state/index.ts";

const folder = join(import.meta.dirname, "../vectors/canonical");
const names = readdirSync(folder)
  .filter((name) => name.endsWith(".input.json"))
  .map((name) => name.replace(".input.json", ""));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const canonical = (text: string): string => canonicalJson(bytes(text));

function codeOf(work: () => unknown): string {
  try {
    work();
    return "nothing thrown";
  } catch (error) {
    if (!isPvError(error, "STATE_INVALID")) throw error;
    return error.data.findings[0]!.code;
  }
}

describe("canonicalJson, pvr's vectors", () => {
  it("are all there", () => expect(names).toHaveLength(36));
  it.each(names)("%s", (name) => {
    const input = readFileSync(join(folder, `${name}.input.json`));
    const expected = join(folder, `${name}.canonical.json`);
    if (/-2[56]-/.test(name) || /-(?:27|28|29|30)-/.test(name)) {
      expect(codeOf(() => canonicalJson(input))).toBe("JSON_INVALID");
      return;
    }
    const text = readFileSync(expected, "utf8");
    expect(canonicalJson(input)).toBe(text);
    expect(canonicalJson(bytes(text))).toBe(text);
    const value = parseJson(input);
    if (typeof value !== "number") expect(canonicalJson(value)).toBe(text);
  });
});

describe("numbers, by their decimal text", () => {
  it.each([
    ["-0", "0"],
    ["0.000e99", "0"],
    ["1.0", "1"],
    ["100e-2", "1"],
    ["1.5e1", "15"],
    ["0.05e1", "5.0E-1"],
    ["12.5e-1", "1.25E0"],
    ["123.456", "1.23456E2"],
    ["1E+0007", "10000000"],
    ["1e-0", "1"],
    ["-1.50", "-1.5E0"],
    ["9007199254740993", "9007199254740993"],
    [
      "0.1000000000000000055511151231257827021181583404541015625",
      "1.000000000000000055511151231257827021181583404541015625E-1",
    ],
    ["1e400", `1${"0".repeat(400)}`],
    ["1e-400", "1.0E-400"],
    ["1.5e-999999999999999999", "1.5E-999999999999999999"],
    ["12e-9223372036854775807", "1.2E-9223372036854775806"],
    ["1e-9223372036854775808", "1.0E-9223372036854775808"],
    ["123456789e-5", "1.23456789E3"],
  ])("%s is %s", (text, expected) => {
    expect(canonical(text)).toBe(expected);
    expect(canonical(`[${text}]`)).toBe(`[${expected}]`);
    expect(canonicalJson(parseJson(`{"a":${text}}`))).toBe(`{"a":${expected}}`);
  });

  it.each([
    "1e9223372036854775808",
    "0e99999999999999999999",
    "0.1e-9223372036854775808",
    "1e100001",
    "1e999999999999999999",
  ])("%s is refused", (text) => {
    expect(codeOf(() => canonical(text))).toBe("JSON_NUMBER_RANGE");
  });

  it("of JavaScript go by their shortest text", () => {
    expect(canonicalJson([1e21, 1e-7, 0.1, -0, 2 ** 53, 123.456])).toBe(
      "[1000000000000000000000,1.0E-7,1.0E-1,0,9007199254740992,1.23456E2]",
    );
  });

  it("are one number exactly if they have one canonical text", () => {
    const digits = fc.stringMatching(/^[0-9]{1,20}$/);
    fc.assert(
      fc.property(digits, digits, fc.integer({ min: -30, max: 30 }), (whole, fraction, exponent) => {
        const text = `${BigInt(whole)}.${fraction}e${exponent}`;
        const scaled = BigInt(whole + fraction) * 10n ** 60n; // value x 10^(60 + length of fraction - exponent)
        const [mantissa = "", shift = "0"] = canonical(text).split("E");
        const [left = "", right = ""] = mantissa.split(".");
        const back =
          BigInt(left + right) * 10n ** BigInt(60 + fraction.length - exponent - right.length + Number(shift));
        expect(back).toBe(scaled);
      }),
    );
  });
});

describe("values", () => {
  const json = fc.jsonValue({ maxDepth: 5, noUnicodeString: false }) as fc.Arbitrary<JsonValue>;

  it("have one canonical text, whatever the order of their keys", () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalJson(value);
        expect(canonical(text)).toBe(text);
        expect(canonicalJson(parseJson(JSON.stringify(value)))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("sort their keys by the bytes of their UTF-8", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: "grapheme" })), (keys) => {
        const wanted = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        const object = Object.fromEntries(keys.map((key) => [key, 1]));
        for (const text of [canonicalJson(object), canonical(JSON.stringify(object))]) {
          expect([...text.matchAll(/("(?:[^"\\]|\\.)*"):1/g)].map((match) => JSON.parse(match[1]!))).toEqual(wanted);
        }
      }),
    );
  });

  it("leave out what is undefined, and only members", () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
    expect(codeOf(() => canonicalJson([undefined as never]))).toBe("JSON_VALUE");
  });

  it("that are no JSON are refused with their path", () => {
    const values: unknown[] = [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      1n,
      () => 1,
      Symbol("s"),
      new Date(0),
      new Map(),
      undefined,
    ];
    for (const value of values) {
      expect(codeOf(() => canonicalJson({ a: [{ b: value ?? Number.NaN }] } as never))).toBe("JSON_VALUE");
      expect(codeOf(() => canonicalJson(value as never))).toBe("JSON_VALUE");
    }
    expect(() => canonicalJson({ a: [1, { b: Number.NaN }] })).toThrow("a/1/b: NaN is no JSON");
  });

  it("may hold names that mean something to JavaScript", () => {
    const text = '{"":0,"10":1,"9":2,"__proto__":{"x":1},"constructor":3,"toString":4}';
    const value = parseJson(text) as { [key: string]: JsonValue };
    expect(canonicalJson(value)).toBe(text);
    expect(canonicalJson({ ...value })).toBe(text);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  it("are text, so half a surrogate pair becomes U+FFFD", () => {
    expect(canonicalJson(["\ud800", "a\udc00b", "\ud83d\ude00"])).toBe('["\ufffd","a\ufffdb","😀"]');
    expect(canonicalJson({ "\ud800": 1, "\ud801": 2 })).toBe('{"\ufffd":2}');
    expect(canonical('["\\ud83d\\ud83d\\ude00","\\ude00\\ud83d"]')).toBe('["\ufffd😀","\ufffd\ufffd"]');
  });

  it("come from another realm as well", () => {
    expect(canonicalJson(structuredClone({ a: [1] }))).toBe('{"a":[1]}');
    expect(canonicalJson(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}');
  });
});
