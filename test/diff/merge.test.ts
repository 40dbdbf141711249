import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Conflict,
  createPatch,
  formatState,
  isPvError,
  type JsonValue,
  mergeStates,
  parseState,
  type State,
} from "../../src/index.ts";
import { anyState, oid, state } from "./arbitrary.ts";

const swapped = ({ path, base, ours, theirs }: Conflict): Conflict => ({
  path,
  ...(base === undefined ? {} : { base }),
  ...(theirs === undefined ? {} : { ours: theirs }),
  ...(ours === undefined ? {} : { theirs: ours }),
});
const byPath = (a: Conflict, b: Conflict): number => (a.path < b.path ? -1 : 1);

/** Every leaf of a state by its path; arrays and empty objects are leaves. */
function leaves(of: State): Map<string, JsonValue> {
  const found = new Map<string, JsonValue>();
  const walk = (value: JsonValue, path: string): void => {
    const members = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
    if (members.length === 0) found.set(path, value);
    for (const [key, member] of members) walk(member as JsonValue, path === "" ? key : `${path}/${key}`);
  };
  walk(of, "");
  return found;
}

describe("mergeStates laws", () => {
  it("identity: a side that changed nothing gives way to the other", () => {
    fc.assert(
      fc.property(anyState(true), anyState(true), (base, side) => {
        for (const merged of [mergeStates(base, base, side), mergeStates(base, side, base)]) {
          expect(formatState(merged.state)).toBe(formatState(side));
          expect(merged.conflicts).toEqual([]);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("idempotence: two sides that agree are taken once", () => {
    fc.assert(
      fc.property(anyState(true), anyState(true), (base, side) => {
        const merged = mergeStates(base, side, parseState(formatState(side)));
        expect(formatState(merged.state)).toBe(formatState(side));
        expect(merged.conflicts).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it("symmetry up to sides: the same conflicts with their sides changed over, and the same state where there are none", () => {
    fc.assert(
      fc.property(anyState(true), anyState(true), anyState(true), (base, ours, theirs) => {
        const one = mergeStates(base, ours, theirs);
        const other = mergeStates(base, theirs, ours);
        expect([...other.conflicts].map(swapped).sort(byPath)).toEqual([...one.conflicts].sort(byPath));
        if (one.conflicts.length === 0) expect(formatState(other.state)).toBe(formatState(one.state));
      }),
      { numRuns: 1500 },
    );
  });

  it("taking theirs at each conflict is the merge from the other side", () => {
    fc.assert(
      fc.property(anyState(), anyState(), anyState(), (base, ours, theirs) => {
        const taken = mergeStates(base, ours, theirs, { resolve: ({ theirs }) => theirs ?? null });
        const other = mergeStates(base, theirs, ours);
        if (taken.conflicts.length === 0) expect(formatState(taken.state)).toBe(formatState(other.state));
      }),
      { numRuns: 1000 },
    );
  });

  it("no silent loss: every change of either side is in the state or below a conflict", () => {
    fc.assert(
      fc.property(anyState(true), anyState(true), anyState(true), (base, ours, theirs) => {
        const { state: merged, conflicts } = mergeStates(base, ours, theirs);
        const named = (path: string): boolean =>
          conflicts.some(
            (one) => path === one.path || path.startsWith(`${one.path}/`) || one.path.startsWith(`${path}/`),
          );
        const was = leaves(base);
        const is = leaves(merged);
        const same = (a: JsonValue | undefined, b: JsonValue | undefined): boolean =>
          JSON.stringify(a) === JSON.stringify(b);
        for (const side of [ours, theirs]) {
          const mine = leaves(side);
          for (const [path, value] of mine) {
            const other = leaves(side === ours ? theirs : ours);
            if (same(was.get(path), value)) continue;
            // An emptied object that the other side filled is filled.
            const filled = same(value, {}) && [...other.keys()].some((key) => key.startsWith(`${path}/`));
            expect(same(is.get(path), value) || filled || named(path), path).toBe(true);
          }
          for (const path of was.keys()) {
            if (!mine.has(path)) expect(!is.has(path) || same(is.get(path), {}) || named(path), path).toBe(true);
          }
        }
      }),
      { numRuns: 1500 },
    );
  });
});

describe("mergeStates", () => {
  const base = state({
    "web/root.squashfs": oid("a"),
    "web/run.json": { name: "web", group: "app", storage: { x: { persistence: "boot" } } },
  });

  it("joins members of one document", () => {
    const ours = state({
      ...base,
      "web/run.json": { name: "web", group: "root", storage: { x: { persistence: "boot" } } },
    });
    const theirs = state({
      ...base,
      "web/run.json": { name: "web", group: "app", storage: {} },
      "db/run.json": { name: "db" },
    });
    const { state: merged, conflicts } = mergeStates(base, ours, theirs);
    expect(conflicts).toEqual([]);
    expect(merged["web/run.json"]).toEqual({ name: "web", group: "root", storage: {} });
    expect(merged["db/run.json"]).toEqual({ name: "db" });
  });

  it("reports what both changed, removal included, and keeps ours", () => {
    const ours = state({ ...base, "web/root.squashfs": oid("b"), "web/run.json": { name: "web", group: "root" } });
    const theirs = state({ "web/root.squashfs": oid("c") });
    const { state: merged, conflicts } = mergeStates(base, ours, theirs);
    expect(conflicts).toEqual([
      { path: "web/root.squashfs", base: oid("a"), ours: oid("b"), theirs: oid("c") },
      { path: "web/run.json", base: base["web/run.json"], ours: { name: "web", group: "root" } },
    ]);
    expect(formatState(merged)).toBe(formatState(ours));
  });

  it("asks the resolver: a side, another value, null for removal, undefined to leave it", () => {
    const ours = state({ "a.json": 1, "b.json": 1, "c.json": 1, "d.json": 1, "e.json": null });
    const theirs = state({ "a.json": 2, "b.json": 2, "c.json": 2, "d.json": 2, "e.json": 2 });
    const { state: merged, conflicts } = mergeStates(state(), ours, theirs, {
      resolve: ({ path, theirs }) =>
        ({ "a.json": theirs, "b.json": [3], "c.json": null, "d.json": undefined, "e.json": null })[path],
    });
    expect(merged).toEqual({ ...state(), "a.json": 2, "b.json": [3], "d.json": 1, "e.json": null });
    expect(conflicts).toEqual([{ path: "d.json", ours: 1, theirs: 2 }]);
    expect(Object.isFrozen(merged["b.json"])).toBe(true);
    expect(() =>
      mergeStates(state(), { ...state(), "#spec": "a" }, { ...state(), "#spec": "b" }, { resolve: () => null }),
    ).toThrow(expect.toSatisfy((error: unknown) => isPvError(error, "CHANGE_IMPOSSIBLE")));
  });

  it("takes signatures whole: half of each would be none", () => {
    const jws = (text: string): JsonValue => ({ "#spec": "pvs@2", protected: text, signature: text });
    const signed = (text: string): State => state({ "_sigs/web.json": jws(text) });
    const { conflicts } = mergeStates(signed("a"), signed("b"), signed("c"));
    expect(conflicts).toEqual([{ path: "_sigs/web.json", base: jws("a"), ours: jws("b"), theirs: jws("c") }]);
    expect(mergeStates(signed("a"), signed("b"), signed("a")).state).toEqual(signed("b"));
  });

  it("keeps exact decimals, and leaves open what a double cannot tell apart", () => {
    const text = (n: string, m: string): State => parseState(`{"#spec":"s","a.json":{"m":${m},"n":${n}}}`);
    const merged = mergeStates(text("1", "1"), text("9007199254740993", "1"), text("1", "12345678901234567890123"));
    expect(formatState(merged.state)).toBe('{"#spec":"s","a.json":{"m":12345678901234567890123,"n":9007199254740993}}');
    const open = mergeStates(text("1", "1"), text("9007199254740992", "1"), text("9007199254740993", "1"), {
      resolve: ({ theirs }) => theirs,
    });
    expect(open.conflicts.map(({ path }) => path)).toEqual(["a.json/n"]);
    const chosen = mergeStates(text("1", "1"), text("5", "1"), text("9007199254740993", "1"), {
      resolve: ({ theirs }) => theirs,
    });
    expect(formatState(chosen.state)).toBe(formatState(text("9007199254740993", "1")));
  });

  it("rebases a site's layer on a new product: the patch of the site stays the same", () => {
    const product = state({ "web/run.json": { name: "web", group: "app" }, "web/root.squashfs": oid("a") });
    const site = state({ ...product, "_config/web/etc/site": oid("5") });
    const next = state({ ...product, "web/root.squashfs": oid("b") });
    const { state: rebased } = mergeStates(product, next, site);
    expect(createPatch(next, rebased)).toEqual(createPatch(product, site));
  });
});
