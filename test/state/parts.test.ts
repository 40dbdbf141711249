import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bsp,
  composeState,
  container,
  device,
  isInlineJson,
  listObjects,
  listParts,
  parseState,
  removePart,
  type State,
  selectParts,
} from "../../src/state/index.ts";
import { selectKeys, stateOf, withState } from "../../src/state/internal.ts";
import { firmware } from "./arbitrary.ts";

const [a, b] = ["a".repeat(64), "b".repeat(64)] as const;

const state = composeState(
  device({}),
  bsp({ fit: "a.fit" }, { "a.fit": a }),
  container(
    { name: "web", type: "lxc" },
    { "root.squashfs": a },
    { "services.json": { services: [{ name: "http", type: "rest" }] } },
  ),
  container({ name: "web2", type: "lxc" }, { "root.squashfs": b }),
  {
    "_config/web/etc/motd": b,
    "_config/web/etc/x.json": { a: 1 },
    "_config/web2": a,
    "_sigs/web.json": { "#spec": "pvs@2" },
    "_sigs/all.json": { "#spec": "pvs@2" },
    "groups.json": [],
    "README.md": a,
    "docs/x.json": b,
  },
);

const keysOf = (of: State): string[] =>
  Object.keys(of)
    .filter((key) => key !== "#spec")
    .toSorted();

describe("listParts", () => {
  it("knows what belongs together", () => {
    const parts = listParts(state);
    expect(parts.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      "other README.md",
      "other all",
      "bsp bsp",
      "device device",
      "other docs",
      "container web",
      "container web2",
    ]);
    const web = parts.find((part) => part.name === "web")!;
    expect(web.keys).toEqual([
      "web/root.squashfs",
      "web/run.json",
      "web/services.json",
      "_config/web/etc/motd",
      "_config/web/etc/x.json",
      "_sigs/web.json",
    ]);
    expect([...web.objects]).toEqual([
      ["web/root.squashfs", a],
      ["_config/web/etc/motd", b],
    ]);
    expect(web.run).toEqual({ name: "web", type: "lxc" });
    expect(web.services).toEqual([{ name: "http", type: "rest" }]);
    expect(web.signatures).toEqual(["web"]);
    expect(listParts({ state })).toEqual(parts);
  });

  it("has every key once", () => {
    fc.assert(
      fc.property(firmware, ({ state }) => {
        expect(
          listParts(state)
            .flatMap((part) => part.keys)
            .toSorted(),
        ).toEqual(keysOf(state));
      }),
      { numRuns: 50 },
    );
  });

  it("hands out documents of the right shape only", () => {
    const run = (document: unknown): unknown => {
      const [part] = listParts({
        "#spec": "x",
        "web/run.json": document as never,
        "web/services.json": { services: document as never },
      });
      return [part!.kind, part!.run, part!.services];
    };
    for (const odd of [
      null,
      5,
      "text",
      [1],
      { name: 5 },
      {},
      { name: "web", group: 5 },
      { name: "web", volumes: "x" },
      { name: "web", storage: [] },
    ]) {
      expect(run(odd)).toEqual(["container", undefined, undefined]);
    }
    expect(run({ name: "web", group: "app" })).toEqual(["container", { name: "web", group: "app" }, undefined]);
  });

  it("is not fooled by names that mean something to JavaScript", () => {
    const odd = parseState(
      '{"#spec":"x","__proto__":{"a":1},"constructor/run.json":{"name":"constructor"},"toString":"x"}',
    );
    expect(listParts(odd).map((part) => part.name)).toEqual(["__proto__", "constructor", "toString"]);
    expect(keysOf(removePart(odd, "constructor"))).toEqual(["__proto__", "toString"]);
    expect(() => selectParts(odd, "hasOwnProperty")).toThrow(expect.objectContaining({ code: "PART_UNKNOWN" }));
  });
});

describe("listObjects and isInlineJson", () => {
  it("tell objects from documents by path and value", () => {
    expect([...listObjects(state).keys()].toSorted()).toEqual([
      "README.md",
      "_config/web/etc/motd",
      "_config/web2",
      "bsp/a.fit",
      "docs/x.json",
      "web/root.squashfs",
      "web2/root.squashfs",
    ]);
    expect(isInlineJson("a.JSON", {})).toBe(false);
    expect(isInlineJson(".json", {})).toBe(true);
    expect(isInlineJson("a.json", a.toUpperCase())).toBe(false);
    expect(isInlineJson("a.json", a.slice(1))).toBe(true);
  });
});

describe("selectParts", () => {
  it.each<[selection: string, keys: string[]]>([
    ["web2", ["_config/web2", "web2/root.squashfs", "web2/run.json"]],
    ["bsp, device", ["bsp/a.fit", "bsp/run.json", "device.json", "groups.json"]],
    ["device.json", ["device.json"]],
    ["web/,-web", []],
    ["_sigs", ["_sigs/all.json", "_sigs/web.json"]],
    ["_config,-web", ["_config/web2"]],
  ])("%s", (selection, keys) => {
    const selected = selectParts(state, selection);
    expect(keysOf(selected)).toEqual(keys);
    expect(selected["#spec"]).toBe("pantavisor-service-system@1");
    expect(Object.isFrozen(selected)).toBe(true);
  });

  it("without a name keeps all, but for what is left out", () => {
    expect(keysOf(selectParts(state, ""))).toEqual(keysOf(state));
    expect(keysOf(selectParts(state, "-web"))).toEqual(
      keysOf(state).filter((key) => !/^(?:_config\/|_sigs\/)?web[/.]/.test(key)),
    );
  });

  it("gives back what it was given", () => {
    const revision = { state, objects: 5, more: true };
    expect(selectParts(revision, "web2")).toEqual({ ...revision, state: selectParts(state, "web2") });
    expect(revision.state).toBe(state);
    expect(stateOf(withState(revision, state))).toBe(state);
  });

  it("names what there is when a name is unknown", () => {
    for (const name of ["nope", "we", "web/run", "-nope", "#spec"]) {
      expect(() => selectParts(state, name)).toThrow(
        expect.objectContaining({
          code: "PART_UNKNOWN",
          data: expect.objectContaining({ known: expect.arrayContaining(["web"]) }),
        }),
      );
    }
    expect(() => removePart(state, "nope")).toThrow(expect.objectContaining({ code: "PART_UNKNOWN" }));
  });

  it("and removePart together are the whole", () => {
    fc.assert(
      fc.property(firmware, ({ state }) => {
        for (const { name } of listParts(state)) {
          expect(composeState(selectParts(state, name), removePart(state, name))).toEqual(state);
          expect(removePart(state, name)).toEqual(selectParts(state, `-${name}`));
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe("composeState", () => {
  it("takes the same content twice, and names a conflict", () => {
    expect(composeState(state, state)).toEqual(state);
    expect(composeState({ "x.json": { a: 1, b: 2 } }, { "x.json": { b: 2, a: 1 } })["x.json"]).toEqual({ a: 1, b: 2 });
    const conflict = expect.objectContaining({ code: "STATE_CONFLICT", data: { path: "x.json" } });
    expect(() => composeState({ "x.json": { a: 1 } }, { "x.json": { a: 2 } })).toThrow(conflict);
    const exact = (digits: string): State => parseState(`{"#spec":"s","x.json":${digits}}`);
    expect(() => composeState(exact("9007199254740992"), exact("9007199254740993"))).toThrow(conflict);
    expect(() => composeState({ "#spec": "a" }, { "#spec": "b" })).toThrow(
      expect.objectContaining({ code: "STATE_CONFLICT" }),
    );
  });

  it("shares documents that nobody can change, and copies the others", () => {
    const part = container({ name: "web", type: "lxc" }, {});
    const mine = { a: [1] };
    const composed = composeState(part, { "x.json": mine, y: undefined });
    expect(composed["web/run.json"]).toBe(part["web/run.json"]);
    mine.a.push(2);
    expect(composed["x.json"]).toEqual({ a: [1] });
    expect("y" in composed).toBe(false);
    expect(composeState(composed)["x.json"]).toBe(composed["x.json"]);
  });

  it("is a state, or an error", () => {
    expect(composeState()).toEqual({ "#spec": "pantavisor-service-system@1" });
    expect(() => composeState({ "#spec": 5 })).toThrow(expect.objectContaining({ code: "STATE_INVALID" }));
    expect(() => composeState([] as never)).toThrow(TypeError);
    expect(() => composeState({ x: (() => 1) as never })).toThrow(expect.objectContaining({ code: "STATE_INVALID" }));
    expect(() => stateOf(5 as never)).toThrow(TypeError);
    expect(() => stateOf({} as never)).toThrow(TypeError);
    expect(selectKeys(state, (key) => key === "README.md")).toEqual({ "README.md": a });
  });
});
