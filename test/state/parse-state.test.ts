import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/core/index.ts";
import {
  canonicalJson,
  carryNumber,
  composeState,
  formatState,
  parseJson,
  parseState,
  removePart,
  selectParts,
} from "../../src/state/index.ts";
import { exactNumber, selectKeys } from "../../src/state/internal.ts";

const text =
  '{"#spec":"pantavisor-service-system@1","a/n.json":12345678901234567890,"a/run.json":{"name":"a","serial":9007199254740993,"list":[0.1000000000000000000001,1]},"b/run.json":{"x":1e400}}';
const line = canonicalJson(new TextEncoder().encode(text));

describe("parseState", () => {
  it("loses nothing: the canonical line is that of the text", () => {
    const state = parseState(text);
    expect(formatState(state)).toBe(line);
    expect(formatState(parseState(new TextEncoder().encode(text)))).toBe(line);
    expect(formatState({ state })).toBe(line);
    expect(state["a/n.json"]).toBe(Number("12345678901234567890"));
    expect(exactNumber(state["a/run.json"] as JsonObject, "serial")).toBe("9007199254740993");
  });

  it("keeps digits through whatever hands documents on", () => {
    const state = parseState(text);
    expect(canonicalJson(state["a/run.json"]!)).toBe(
      '{"list":[1.000000000000000000001E-1,1],"name":"a","serial":9007199254740993}',
    );
    expect(formatState(composeState(state))).toBe(line);
    expect(formatState(composeState(selectParts(state, "a"), selectParts(state, "b")))).toBe(line);
    expect(
      formatState(
        composeState(
          removePart(state, "b"),
          selectKeys(state, (key) => key.startsWith("b/")),
        ),
      ),
    ).toBe(line);
    expect(formatState(parseState(state))).toBe(line);
    const spread = { "#spec": state["#spec"], "b/run.json": state["b/run.json"]! };
    expect(formatState(composeState(spread))).toContain(`1${"0".repeat(400)}`);
    const own = { ...state };
    expect(formatState(own)).not.toBe(line); // a bare number beside the key is lost by a spread
    carryNumber(own, state, "a/n.json");
    expect(formatState(own)).toBe(line);
  });

  it("gives frozen, plain JSON, that a clone rounds", () => {
    const state = parseState(text);
    const frozen = (value: unknown): boolean =>
      typeof value !== "object" || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen));
    expect(frozen(state)).toBe(true);
    expect(structuredClone(state)).toEqual(state);
    expect(canonicalJson(structuredClone(state["a/run.json"]!))).toContain('"serial":9007199254740992');
  });

  it("copies what the caller could still change", () => {
    const run = { name: "a", list: [1] };
    const state = parseState({ "#spec": "pantavisor-service-system@1", "a/run.json": run });
    run.list.push(2);
    run.name = "b";
    expect(state["a/run.json"]).toEqual({ name: "a", list: [1] });
    expect(Object.isFrozen(run)).toBe(false);
  });

  it("keeps whatever a state may hold", () => {
    const odd = '{"#spec":"x","":1,"a":null,"b.json":[],"c/run.json":5,"d":true}';
    expect(formatState(parseState(odd))).toBe('{"":1,"#spec":"x","a":null,"b.json":[],"c/run.json":5,"d":true}');
  });

  it.each([
    ["[]", "STATE_NOT_OBJECT"],
    ["null", "STATE_NOT_OBJECT"],
    ['"text"', "STATE_NOT_OBJECT"],
    ["5", "STATE_NOT_OBJECT"],
    ["{}", "SPEC_MISSING"],
    ['{"#spec":5}', "SPEC_MISSING"],
    ['{"#spec":"a","#spec":null}', "SPEC_MISSING"],
    ["{", "JSON_INVALID"],
    ["not json", "JSON_INVALID"],
  ])("refuses %s", (input, code) => {
    expect(() => parseState(input)).toThrow(
      expect.objectContaining({ code: "STATE_INVALID", data: { findings: [expect.objectContaining({ code })] } }),
    );
  });

  it("is a fixed point of its own text", () => {
    const document = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), document), (documents) => {
        const first = formatState(parseState(JSON.stringify({ ...documents, "#spec": "s" })));
        expect(formatState(parseState(first))).toBe(first);
      }),
    );
  });
});

describe("parseJson", () => {
  it("lets the last duplicate win, digits and all", () => {
    expect(canonicalJson(parseJson('{"a":12345678901234567891,"a":1}'))).toBe('{"a":1}');
    expect(canonicalJson(parseJson('{"a":1,"\\u0061":12345678901234567891}'))).toBe('{"a":12345678901234567891}');
  });
});
