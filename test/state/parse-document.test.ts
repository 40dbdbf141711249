import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPvError, type JsonObject } from "../../src/core/index.ts";
import { canonicalJson, type Documents, parseDocument } from "../../src/state/index.ts";
import { firmware } from "./arbitrary.ts";

/** Paths of what is wrong. */
function wrong(kind: keyof Documents, document: unknown): string[] {
  try {
    parseDocument(kind, document as never);
    return [];
  } catch (error) {
    if (!isPvError(error, "STATE_INVALID")) throw error;
    return error.data.findings.map((finding) => finding.path);
  }
}

const valid: { readonly [K in keyof Documents]: Documents[K] } = {
  "device.json": { groups: [{ name: "app", auto_recovery: { policy: "no" } }], disks_v3: [{ name: "x", type: "new" }] },
  "bsp/run.json": { linux: "k", initrd: "i", addons: ["a"] },
  "bsp/drivers.json": { all: { wifi: ["mod a=1"] } },
  "run.json": {
    name: "web",
    type: "lxc",
    services: { required: [{ name: "x", type: "unix" }] },
    storage: { a: { persistence: "boot" } },
  },
  "services.json": { services: [{ name: "x", type: "dbus", owns: "org.x", allow: ["any"] }] },
  "mdev.json": { rules: [".* 0:0 666"] },
  "args.json": { PV_GROUP: "app" },
  "config.json": { Entrypoint: ["/init"], Volumes: { "/data": {} } },
  "src.json": {
    "#spec": "service-manifest-src@1",
    template: "builtin-lxc-docker",
    args: { A: 1 },
    persistence: { a: "boot" },
  },
  "pvpkg.json": { name: "x", version: "1", src_extra: { args: {} } },
  _sigs: { "#spec": "pvs@2", protected: "e30", signature: "AA", payload: null },
};

describe("parseDocument", () => {
  it.each(Object.keys(valid) as (keyof Documents)[])("%s", (kind) => {
    const more = { ...(valid[kind] as JsonObject), unknown: [1, { big: 1 }] };
    expect(parseDocument(kind, more as never)).toEqual(more);
    expect(Object.isFrozen(parseDocument(kind, canonicalJson(more)))).toBe(true);
    for (const odd of [null, 5, [], true]) expect(wrong(kind, odd)).toEqual([kind]);
    expect(wrong(kind, "{")).toEqual([""]);
  });

  it("loses no digits", () => {
    const text = '{"name":"web","serial":12345678901234567890,"type":"lxc"}';
    expect(canonicalJson(parseDocument("run.json", text) as JsonObject)).toBe(text);
  });

  it("says all that is wrong, with a sentence each", () => {
    const run = {
      type: "docker",
      volumes: "x",
      storage: { a: { persistence: "never" } },
      services: { required: [{ name: 5 }] },
    };
    expect(wrong("run.json", run).toSorted()).toEqual([
      "run.json/name",
      "run.json/services/required/0/name",
      "run.json/services/required/0/type",
      "run.json/storage/a/persistence",
      "run.json/type",
      "run.json/volumes",
    ]);
    expect(() => parseDocument("run.json", { type: "lxc" })).toThrow("run.json/name: it is missing, not a text");
    expect(() => parseDocument("run.json", { name: "a", type: "x" } as never)).toThrow(
      'run.json/type: it is "x", not "lxc"',
    );
    expect(wrong("services.json", { services: [] })).toEqual([]);
    expect(wrong("mdev.json", { rules: [1] })).toEqual(["mdev.json/rules/0"]);
    expect(wrong("bsp/drivers.json", { all: [] })).toEqual(["bsp/drivers.json/all"]);
  });

  it("reads what the builders make", () => {
    fc.assert(
      fc.property(firmware, ({ state }) => {
        for (const [path, document] of Object.entries(state)) {
          const [, kind] =
            /^(device\.json|bsp\/run\.json)$/.exec(path) ?? /^[^/]+\/((?:run|services|src)\.json)$/.exec(path) ?? [];
          if (kind) expect(parseDocument(kind as keyof Documents, document as never)).toBe(document);
        }
      }),
      { numRuns: 50 },
    );
  });
});
