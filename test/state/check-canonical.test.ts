import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findDeviation } from "../../src/state/check/canonical.ts";
import { LIMITS } from "../../src/state/check/reading.ts";
import { tokenize } from "../../src/state/check/tokenizer.ts";
import { canonicalJson } from "../../src/state/index.ts";

/** Is the text its own canonical form, told by the tokens? */
function isCanonical(text: string): boolean {
  const json = tokenize(text, { from: 0, to: text.length }, LIMITS);
  return json.failed === undefined && findDeviation(json) === undefined;
}

/** The same, told by writing it again. */
function isWrittenSo(text: string): boolean {
  try {
    return canonicalJson(new TextEncoder().encode(text)) === text;
  } catch {
    return false;
  }
}

const characters = fc.constantFrom(...'"\\/bfnrtu{}[]:, 0123456789.eE+-azA_\n\té\u007f\uff01\u{1f600}'.match(/./gsu)!);

describe("findDeviation", () => {
  it("agrees with writing the text again, on JSON", () => {
    fc.assert(
      fc.property(
        fc.json({ maxDepth: 4 }),
        fc.nat(3),
        fc.string({ unit: characters, maxLength: 2 }),
        (json, how, odd) => {
          const text = how === 0 ? json : canonicalJson(new TextEncoder().encode(json));
          const at = text.length === 0 ? 0 : odd.length % text.length;
          const tried = how === 3 ? text.slice(0, at) + odd + text.slice(at) : text;
          expect(isCanonical(`[${tried}]`)).toBe(isWrittenSo(`[${tried}]`));
        },
      ),
      { numRuns: 5000 },
    );
  });

  it("agrees on numbers, strings and keys", () => {
    const number = fc.stringMatching(/^-?\d{1,3}(\.\d{1,3})?([eE][+-]?\d{1,2})?$/);
    const string = fc.string({ unit: characters, maxLength: 6 }).map((text) => `"${text}"`);
    const pairs = fc.array(fc.tuple(string, fc.oneof(number, string)), { maxLength: 3 });
    const object = pairs.map((all) => `{${all.map(([key, value]) => `${key}:${value}`).join()}}`);
    fc.assert(
      fc.property(fc.oneof(number, string, object), (text) => {
        expect(isCanonical(`{"a":${text}}`)).toBe(isWrittenSo(`{"a":${text}}`));
      }),
      { numRuns: 20_000 },
    );
  });
});
