import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Finding, isPvError } from "../../src/core/index.ts";
import {
  bsp,
  checkState,
  composeState,
  container,
  type DeviceDocument,
  device,
  formatState,
  listParts,
  parseState,
  type State,
} from "../../src/state/index.ts";
import { careless, firmware } from "./arbitrary.ts";

const id = "a".repeat(64);

/** Codes of what a builder found, "" if nothing. */
function findings(work: () => unknown): string {
  try {
    work();
    return "";
  } catch (error) {
    if (!isPvError(error, "STATE_INVALID")) throw error;
    for (const { path, message, hint, effect } of error.data.findings) {
      expect([typeof path, message.length > 0, hint.length > 0, effect.length > 0]).toEqual([
        "string",
        true,
        true,
        true,
      ]);
    }
    return error.data.findings.map((finding) => finding.code).join();
  }
}

/** What a device refuses or dies of, but for what takes two parts to see. */
function ownErrors(state: State): readonly Finding[] {
  return checkState(state).filter(
    ({ severity, stage, code }) => severity === "error" && stage === "parse" && code !== "GROUP_UNKNOWN",
  );
}

describe("builders", () => {
  it("make states in which checkState finds nothing, whatever they are given", () => {
    fc.assert(
      fc.property(firmware, ({ state }) => {
        expect(checkState(state)).toEqual([]);
        expect(checkState(formatState(state))).toEqual([]);
        expect(parseState(formatState(state))).toEqual(state);
      }),
      { numRuns: 1000 },
    );
  });

  it("refuse, or make a state that a device reads", () => {
    let refused = 0;
    fc.assert(
      fc.property(careless, (make) => {
        let state: ReturnType<typeof make>;
        try {
          state = make();
        } catch (error) {
          if (!isPvError(error, "STATE_INVALID", "STATE_CONFLICT")) throw error;
          refused++;
          return;
        }
        expect(ownErrors(state)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
    expect(refused).toBeGreaterThan(200);
    expect(refused).toBeLessThan(900);
  });
});

describe("device", () => {
  it("has the four standard groups unless given others", () => {
    const [part] = listParts(composeState(device({})));
    expect(part).toMatchObject({ name: "device", kind: "device", keys: ["device.json"] });
    const names = (document: DeviceDocument): unknown =>
      (device(document)["device.json"] as { groups: { name: string }[] }).groups.map((group) => group.name);
    expect(names({})).toEqual(["data", "root", "platform", "app"]);
    expect(names({ groups: undefined })).toEqual(["data", "root", "platform", "app"]);
    expect(names({ groups: [{ name: "one" }] })).toEqual(["one"]);
  });

  it("leaves out empty lists of disks, and puts the nested disk last", () => {
    const disks = [
      { name: "a", type: "volume-disk", aliases: ["b"] },
      { name: "c", type: "volume-disk" },
    ] as const;
    expect(device({ disks, disks_v2: [] })["device.json"]).toMatchObject({ disks: [{ name: "c" }, { name: "a" }] });
    expect(device({ disks, disks_v2: [] })["device.json"]).not.toHaveProperty("disks_v2");
    const two = [...disks, { name: "d", type: "volume-disk", aliases: ["e"] }] as const;
    expect(findings(() => device({ disks: two }))).toBe("NESTED_NOT_LAST");
  });

  it.each<[codes: string, document: object]>([
    ["VALUE_INVALID", { groups: [] }],
    ["VALUE_INVALID", { groups: {} }],
    ["VALUE_INVALID", { groups: ["app"] }],
    ["MEMBER_MISSING", { groups: [{}] }],
    ["VALUE_INVALID", { groups: [{ name: "" }] }],
    ["VALUE_INVALID", { groups: [{ name: "a", status_goal: "started" }] }],
    ["VALUE_INVALID", { groups: [{ name: "a", restart_policy: "none" }] }],
    ["VALUE_INVALID", { groups: [{ name: "a", timeout: -1 }] }],
    ["VALUE_INVALID", { groups: [{ name: "a", timeout: 2 ** 31 }] }],
    ["VALUE_INVALID", { groups: [{ name: "a", timeout: 1.5 }] }],
    ["NESTED_NOT_LAST", { groups: [{ name: "a", auto_recovery: { policy: "no" } }, { name: "b" }] }],
    ["NESTED_NOT_LAST", { groups: [{ name: "a", x: ["q"] }, { name: "b" }] }],
    ["NAME_REPEATED", { groups: [{ name: "a" }, { name: "a" }] }],
    ["KEY_SHADOWED", { groups: [{ name: "timeout" }] }],
    ["KEY_SHADOWED", { groups: [{ name: "volumes" }] }],
    ["KEY_SHADOWED", { groups: [{ name: "a", description: "name" }] }],
    ["RESERVED_WORD", { groups: [{ name: "a", description: "groups.json" }] }],
    ["KEY_SHADOWED,VALUE_INVALID", { disks: [{ name: "path", type: "floppy" }] }],
    ["VALUE_INVALID", { disks: [{ name: "a", type: "dual", default: true }] }],
    ["NAME_REPEATED", { disks: [{ name: "a", type: "dual" }], disks_v3: [{ name: "b", type: "x", aliases: ["a"] }] }],
    ["KEY_SHADOWED", { disks_v3: [{ name: "a", type: "dual", disks: ["b"] }] }],
    ["MEMBER_MISSING", { volumes: { a: {} } }],
    ["VALUE_INVALID", { volumes: { a: { persistence: "forever" } } }],
    ["NAME_INVALID", { volumes: { "../a": { persistence: "boot" } } }],
    ["MEMBER_MISSING,MEMBER_MISSING,MEMBER_MISSING", { network: { pools: { a: {} } } }],
    ["MEMBER_MISSING", { network: { pools: { a: { type: "macvlan", subnet: "10.0.0.0/8", gateway: "10.0.0.1" } } } }],
  ])("refuses with %s: %j", (codes, document) => {
    expect(
      findings(() => device(document))
        .split(",")
        .toSorted()
        .join(),
    ).toBe(codes);
  });

  it("takes a dual disk beside its halves", () => {
    const half = { type: "dm-crypt-caam", mode: "nxp", path: "-v2 /storage/x.img,2,key" } as const;
    const disks = [
      { name: "_one", ...half },
      { name: "_two", ...half },
    ] as const;
    const dual = { name: "secrets", type: "dual", disks: ["_one", "_two"], init_order: ["primary"] } as const;
    const state = composeState(device({ disks, disks_v3: [dual] }), bsp({ fit: "a.fit" }, { "a.fit": id }));
    expect(checkState(state)).toEqual([]);
  });
});

describe("container", () => {
  const make =
    (run: object, objects: object = {}, documents: object = {}) =>
    (): unknown =>
      container({ name: "web", type: "lxc", ...run } as never, objects as never, documents as never);

  it("writes what it is given, frozen, without what is undefined", () => {
    const part = container({ name: "web", type: "lxc", group: undefined }, { "root.squashfs": id }, { "x.json": [1] });
    expect(part).toEqual({ "web/run.json": { name: "web", type: "lxc" }, "web/root.squashfs": id, "web/x.json": [1] });
    expect(Object.isFrozen(part["web/run.json"])).toBe(true);
    expect(findings(make({ conditions: [1] }))).toBe("");
  });

  it.each<[codes: string, work: () => unknown]>([
    ["NAME_INVALID", make({ name: "a/b" })],
    ["NAME_INVALID", make({ name: "" })],
    ["NAME_INVALID", make({ name: ".." })],
    ["NAME_INVALID", make({ name: "bsp" })],
    ["NAME_INVALID", make({ name: "_config" })],
    ["NAME_INVALID", make({ name: "ä" })],
    ["NAME_INVALID", make({ name: undefined })],
    ["NAME_INVALID", (): unknown => container(null as never, {})],
    ["MEMBER_MISSING", make({ type: undefined })],
    ["VALUE_INVALID", make({ type: "docker" })],
    ["VALUE_INVALID", make({ group: "" })],
    ["VALUE_INVALID", make({ roles: "mgmt" })],
    ["VALUE_INVALID", make({ volumes: {} })],
    ["VALUE_INVALID", make({ logs: [{}] })],
    ["VALUE_INVALID", make({ auto_recovery: { policy: "no", max_retries: "3" } })],
    ["VALUE_INVALID", make({ services: { required: ["x"] } })],
    ["KEY_SHADOWED", make({ services: { optional: [{ name: "required", type: "unix" }] } })],
    ["KEY_SHADOWED", make({ services: { required: [{ name: "type", type: "unix" }] } })],
    ["KEY_SHADOWED", make({ groupa: "x" })],
    ["RESERVED_WORD", make({ x: "device.json" })],
    ["RESERVED_WORD", make({}, {}, { "x.json": { "bsp/run.json": 1 } })],
    ["OBJECT_ID_INVALID", make({}, { "root.squashfs": id.toUpperCase() })],
    ["OBJECT_ID_INVALID", make({}, { "root.squashfs": "x" })],
    ["PATH_INVALID", make({}, { "../x": id })],
    ["PATH_INVALID", make({}, { "/x": id })],
    ["PATH_INVALID", make({}, { "a//b": id })],
    ["PATH_INVALID", make({}, { "": id })],
    ["PATH_RESERVED", make({}, { "a/run.json": id })],
    ["PATH_RESERVED,PATH_REPEATED", make({}, { "run.json": id })],
    ["PATH_REPEATED", make({}, {}, { "run.json": {} })],
    ["PATH_RESERVED", make({}, {}, { "a/run.json": {} })],
    ["PATH_INVALID", make({}, {}, { "x.txt": {} })],
    ["VALUE_INVALID", make({}, {}, { "x.json": null })],
    ["VALUE_INVALID", make({}, {}, { "x.json": 5 })],
    ["VALUE_INVALID", make({}, {}, { "x.json": id })],
    ["MEMBER_MISSING", make({}, {}, { "services.json": {} })],
    ["MEMBER_MISSING", make({}, {}, { "services.json": [{ type: "unix" }] })],
    ["JSON_VALUE", make({ x: Number.NaN })],
  ])("refuses with %s", (codes, work) => {
    expect(findings(work)).toBe(codes);
  });

  it("says all that is wrong at once", () => {
    expect(findings(make({ group: 5, roles: 5 }, { x: "y" })).split(",")).toHaveLength(3);
  });
});

describe("bsp", () => {
  const files = { k: id, i: id };
  it.each<[codes: string, run: object, documents?: object]>([
    ["", { linux: "k", initrd: "i" }],
    ["", { fit: "k" }],
    ["", { rpiab: "k" }],
    ["", { linux: "k", initrd: "i", fdt: "x.dtb", addons: ["a.cpio"], initrd_config: "" }],
    ["", { fit: "k" }, { "drivers.json": { all: { wifi: ["brcmfmac a=1"] } } }],
    ["BSP_INVALID", {}],
    ["BSP_INVALID", { linux: "k" }],
    ["BSP_INVALID", { initrd: "i" }],
    ["BSP_INVALID", { linux: "k", initrd: "i", fit: "k" }],
    ["KEY_SHADOWED", { linux: "k", initrd: "initrd" }],
    ["KEY_SHADOWED", { linux: "k", initrd: "i", addons: ["modules"] }],
    ["VALUE_INVALID", { fit: "" }],
    ["VALUE_INVALID", { fit: "k", addons: "x" }],
    ["VALUE_INVALID", { fit: "k" }, { "drivers.json": { all: { wifi: "x" } } }],
    ["VALUE_INVALID", { fit: "k" }, { "drivers.json": [] }],
  ])("%s: %j", (codes, run, documents) => {
    expect(findings(() => bsp(run, files, documents as never))).toBe(codes);
  });

  it("refuses a file that a device would skip", () => {
    expect(findings(() => bsp({ fit: "k" }, { run: id }))).toBe("PATH_RESERVED");
    expect(findings(() => bsp({ fit: "k" }, { drivers: id }))).toBe("PATH_RESERVED");
  });
});
