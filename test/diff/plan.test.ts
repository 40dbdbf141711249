import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Finding,
  formatState,
  type JsonValue,
  parseState,
  planUpdate,
  type State,
  type UpdatePlan,
} from "../../src/index.ts";
import { anyState, oid, state } from "./arbitrary.ts";

const groups = [
  { name: "data", restart_policy: "system" },
  { name: "app", restart_policy: "container" },
];
const run = (name: string, more: Readonly<Record<string, JsonValue>> = {}): JsonValue => ({
  name,
  type: "lxc",
  ...more,
});

/** A device with a board, a "system" container and two that restart alone. */
const base: Readonly<Record<string, JsonValue>> = {
  "_config/web/etc/web.conf": oid("4"),
  "bsp/kernel.img": oid("0"),
  "bsp/run.json": { linux: "kernel.img", initrd: "pantavisor" },
  "db/root.squashfs": oid("1"),
  "db/run.json": run("db"),
  "device.json": { groups },
  "os/root.squashfs": oid("2"),
  "os/run.json": run("os", { group: "data" }),
  "web/args.json": { a: 1 },
  "web/root.squashfs": oid("3"),
  "web/run.json": run("web"),
  "web/src.json": { template: "builtin-lxc-docker" },
};
const plan = (
  change: Readonly<Record<string, JsonValue | undefined>>,
  from: Readonly<Record<string, JsonValue>> = base,
): UpdatePlan => planUpdate(state(from), parseState(formatState({ ...state(from), ...change } as State)));
const actions = ({ containers }: UpdatePlan): string =>
  containers.map(({ name, action }) => `${name}:${action}`).join(" ");
const rules = ({ reasons }: UpdatePlan): string => reasons.map(({ rule, path }) => `${rule} ${path}`).join(", ");

describe("planUpdate: reboot or not", () => {
  it.each<[string, Readonly<Record<string, JsonValue | undefined>>, UpdatePlan["transition"], string, string]>([
    ["nothing", {}, "none", "db:keep os:keep web:keep", ""],
    ["an image", { "web/root.squashfs": oid("9") }, "containers", "db:keep os:keep web:restart", ""],
    ["an overlay", { "_config/web/etc/web.conf": oid("9") }, "containers", "db:keep os:keep web:restart", ""],
    ["an overlay document", { "_config/db/x.json": {} }, "containers", "db:restart os:keep web:keep", ""],
    ["a new file", { "web/mdev.json": { rules: [] } }, "containers", "db:keep os:keep web:restart", ""],
    ["a file gone", { "web/args.json": undefined }, "containers", "db:keep os:keep web:restart", ""],
    ["services.json", { "db/services.json": [] }, "containers", "db:restart os:keep web:keep", ""],
    ["src.json", { "web/src.json": { template: "x" } }, "none", "db:keep os:keep web:keep", ""],
    ["build.json", { "web/build.json": { a: 1 }, "bsp/build.json": { a: 1 } }, "none", "db:keep os:keep web:keep", ""],
    ["a signature", { "_sigs/web.json": { "#spec": "pvs@2" } }, "none", "db:keep os:keep web:keep", ""],
    ["a raw src.json", { "web/src.json": oid("8") }, "none", "db:keep os:keep web:keep", ""],
    [
      "a new container",
      { "mq/run.json": run("mq"), "mq/root.squashfs": oid("8") },
      "containers",
      "db:keep mq:start os:keep web:keep",
      "",
    ],
    [
      "a container gone",
      {
        "web/run.json": undefined,
        "web/root.squashfs": undefined,
        "web/args.json": undefined,
        "_config/web/etc/web.conf": undefined,
      },
      "containers",
      "db:keep os:keep web:stop",
      "",
    ],
    [
      "a document that becomes an object",
      { "web/args.json": oid("8") },
      "containers",
      "db:keep os:keep web:restart",
      "",
    ],
    [
      "the kernel",
      { "bsp/kernel.img": oid("9") },
      "reboot",
      "db:restart os:restart web:restart",
      "BSP_CHANGED bsp/kernel.img",
    ],
    [
      "bsp/run.json",
      { "bsp/run.json": { linux: "k", initrd: "i" } },
      "reboot",
      "db:restart os:restart web:restart",
      "BSP_CHANGED bsp/run.json",
    ],
    [
      "device.json",
      { "device.json": { groups, volumes: {} } },
      "reboot",
      "db:restart os:restart web:restart",
      "DEVICE_CHANGED device.json",
    ],
    [
      "a system container",
      { "os/root.squashfs": oid("9") },
      "reboot",
      "db:restart os:restart web:restart",
      "RESTART_POLICY_SYSTEM os/root.squashfs",
    ],
    [
      "its overlay",
      { "_config/os/x": oid("9") },
      "reboot",
      "db:restart os:restart web:restart",
      "RESTART_POLICY_SYSTEM _config/os/x",
    ],
    [
      "a new system container",
      { "mq/run.json": run("mq", { restart_policy: "system" }) },
      "reboot",
      "db:restart mq:start os:restart web:restart",
      "RESTART_POLICY_SYSTEM mq/run.json",
    ],
    [
      "a system container gone",
      { "os/run.json": undefined, "os/root.squashfs": undefined },
      "reboot",
      "db:restart os:stop web:restart",
      "RESTART_POLICY_SYSTEM os/root.squashfs, RESTART_POLICY_SYSTEM os/run.json",
    ],
    ["a root file", { "notes.txt": oid("9") }, "reboot", "db:restart os:restart web:restart", "OWNER_NONE notes.txt"],
    ["a folder of nobody", { "x/y.json": {} }, "reboot", "db:restart os:restart web:restart", "OWNER_NONE x/y.json"],
    [
      "an overlay of nobody",
      { "_config/gone/y": oid("9") },
      "reboot",
      "db:restart os:restart web:restart",
      "OWNER_NONE _config/gone/y",
    ],
    [
      "policy, container to system",
      { "web/run.json": run("web", { restart_policy: "system" }) },
      "reboot",
      "db:restart os:restart web:restart",
      "RESTART_POLICY_SYSTEM web/run.json",
    ],
    [
      "policy, system to container",
      { "os/run.json": run("os", { group: "data", restart_policy: "container" }) },
      "reboot",
      "db:restart os:restart web:restart",
      "RESTART_POLICY_SYSTEM os/run.json",
    ],
    [
      "group, container to system",
      { "db/run.json": run("db", { group: "data" }) },
      "reboot",
      "db:restart os:restart web:restart",
      "RESTART_POLICY_SYSTEM db/run.json",
    ],
    [
      "files that the device takes for one already read",
      { disks: oid("9"), d: oid("8"), "bsp/run": oid("7") },
      "none",
      "db:keep os:keep web:keep",
      "",
    ],
    [
      "older documents beside device.json",
      { "groups.json": [], "disks.json": [] },
      "none",
      "db:keep os:keep web:keep",
      "",
    ],
    ["#spec", { "#spec": "pantavisor-multi-platform@1" }, "none", "db:keep os:keep web:keep", ""],
  ])("%s", (_what, change, transition, expected, why) => {
    const made = plan(change);
    expect(made.transition).toBe(transition);
    expect(actions(made)).toBe(expected);
    expect(rules(made)).toBe(why);
  });

  it("owner is who bears the folder's name, not who lives in the folder", () => {
    const odd = { ...base, "web/run.json": run("shop") };
    const made = plan({ "web/root.squashfs": oid("9") }, odd);
    expect(rules(made)).toBe("OWNER_NONE web/root.squashfs");
    // shop's files are in shop/, wherever its run.json is.
    expect(actions(plan({ "shop/x": oid("9") }, odd))).toBe("db:keep os:keep shop:restart");
    // Renamed: the old name's owner restarts alone, but in the new state nobody owns the folder.
    expect(rules(plan({ "web/run.json": run("shop") }))).toBe("OWNER_NONE web/run.json");
  });

  it("group: named, else runlevel, else the last of the own groups", () => {
    const own = (groups: JsonValue, settings: Readonly<Record<string, JsonValue>>): string =>
      plan({ "c/x": oid("9") }, { "device.json": { groups }, "c/run.json": run("c", settings) }).transition;
    const [system, alone] = [{ name: "root", restart_policy: "system" }, { name: "app" }];
    expect(own([system, alone], {})).toBe("containers");
    expect(own([alone, system], {})).toBe("reboot");
    expect(own([alone, system], { group: "app" })).toBe("containers");
    expect(own([system, alone], { runlevel: "root" })).toBe("reboot");
    expect(own([system, alone], { runlevel: "root", group: "app" })).toBe("containers");
    expect(own([system, alone], { runlevel: "elsewhere" })).toBe("containers");
    expect(own([alone, system], { restart_policy: "container" })).toBe("containers");
    // The first group of a name counts; run.json's keys are found by their beginning.
    expect(own([alone, { name: "app", restart_policy: "system" }], { group: "app" })).toBe("containers");
    expect(own([system, alone], { group_x: "root" })).toBe("reboot");
  });

  it("without groups of its own, the four of the device: only app restarts alone", () => {
    const default_ = (settings: Readonly<Record<string, JsonValue>>): string =>
      plan({ "c/x": oid("9") }, { "c/run.json": run("c", settings), "d/run.json": run("d") }).transition;
    expect(default_({})).toBe("reboot");
    expect(default_({ group: "app" })).toBe("containers");
    expect(default_({ runlevel: "app" })).toBe("containers");
    for (const group of ["data", "root", "platform"]) expect(default_({ group })).toBe("reboot");
    expect(default_({ restart_policy: "container" })).toBe("containers");
    const legacy = { "groups.json": [{ name: "mine" }], "c/run.json": run("c") };
    expect(plan({ "c/x": oid("9") }, legacy).transition).toBe("containers");
    expect(rules(plan({ "groups.json": [{ name: "mine", timeout: 3 }] }, legacy))).toBe("DEVICE_CHANGED groups.json");
    // device.json takes the place of groups.json: both change.
    expect(rules(plan({ "device.json": { groups } }, legacy))).toContain("DEVICE_CHANGED device.json");
  });

  it("any run.json is a container, wherever it lies; the first of a name counts", () => {
    const made = plan({ "a/b/run.json": run("deep") });
    // Owner of a/b/run.json is "a", which is no container.
    expect(rules(made)).toBe("OWNER_NONE a/b/run.json");
    expect(actions(made)).toBe("db:restart deep:start os:restart web:restart");
    const twice = { ...base, "z/run.json": run("web", { restart_policy: "system" }) };
    expect(plan({ "web/root.squashfs": oid("9") }, twice).transition).toBe("containers");
  });
});

describe("planUpdate: against the device's own comparison", () => {
  interface Pair {
    from: string;
    to: string;
    verdict: "alone" | "reboot" | "crash";
    stopped: string[];
  }
  const file = join(import.meta.dirname, "../vectors/runtime-plan/pairs.jsonl");
  const pairs = readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Pair);
  const read = (text: string): State =>
    parseState(text.replace(/"@([a-f])"/g, (_, digit: string) => `"${oid(digit)}"`));

  it("agrees on every pair: reboot or not, and who is stopped", () => {
    expect(pairs.length).toBeGreaterThan(140);
    for (const { from, to, verdict, stopped } of pairs) {
      const made = planUpdate(read(from), read(to));
      const told = `${from}\n${to}`;
      expect(made.reasons.length > 0, told).toBe(verdict !== "alone");
      if (verdict !== "alone") continue;
      const moved = made.containers.filter(({ action }) => action === "restart" || action === "stop");
      expect(moved.map(({ name }) => name).sort(), told).toEqual(stopped);
      expect(made.transition, told).toMatch(/^(?:none|containers)$/);
    }
  });
});

describe("planUpdate: objects", () => {
  const sizes = new Map([...Array(10).keys()].map((digit) => [oid(String(digit)), 1000 + digit]));

  it("downloads what the device lacks, once, and tells what stays and what may go", () => {
    const from = state(base);
    const to = state({
      ...base,
      "web/root.squashfs": oid("9"),
      "web/copy": oid("9"),
      "mq/run.json": run("mq"),
      "mq/x": oid("1"),
    });
    const made = planUpdate(from, to, { sizes });
    expect(made.download).toEqual({ ids: [oid("9")], sizeBytes: 1009 });
    expect(made.kept).toEqual({ ids: [oid("4"), oid("0"), oid("1"), oid("2")], sizeBytes: 4007 });
    expect(made.garbage).toEqual({ ids: [oid("3")], sizeBytes: 1003 });
    expect(planUpdate(from, to).download).toEqual({ ids: [oid("9")], sizeBytes: undefined });
    expect(planUpdate(from, from).download).toEqual({ ids: [], sizeBytes: 0 });
    const have = planUpdate(from, to, { have: [oid("9"), oid("7")], sizes });
    expect(have.download.ids).toEqual([oid("4"), oid("0"), oid("1"), oid("2")]);
    expect(have.kept.ids).toEqual([oid("9")]);
    expect(have.garbage.ids).toEqual([oid("7")]);
  });

  it("leaves out what a device would not read", () => {
    const made = planUpdate(
      state(),
      state({ "web/src.json": oid("1"), "_sigs/x": oid("2"), disks: oid("3"), "a.json": "text", b: "no id" }),
    );
    expect(made.download.ids).toEqual([]);
  });

  it("rejects without room, as soon as what is known does not fit", () => {
    const to = state({ ...base, "web/root.squashfs": oid("9"), "web/more": oid("8") });
    const at = (freeBytes: number, known = sizes): UpdatePlan =>
      planUpdate(state(base), to, { sizes: known, freeBytes });
    expect(at(2017).transition).toBe("containers");
    expect(at(2016).transition).toBe("rejected");
    expect(at(2016).reasons).toEqual([{ part: "", path: "", rule: "NO_ROOM", message: "needs 2017 of 2016 B" }]);
    const half = new Map([[oid("9"), 5000]]);
    expect(at(4999, half).transition).toBe("rejected");
    expect(at(5000, half).transition).toBe("containers");
    expect(planUpdate(state(base), state(base), { freeBytes: 0 }).transition).toBe("none");
  });

  it("rejects on an error finding, not on a warning, and still says what would happen", () => {
    const finding = (severity: Finding["severity"]): Finding => ({
      code: "GROUP_UNKNOWN",
      severity,
      stage: "parse",
      path: "web/run.json",
      message: "no group of that name",
      effect: "rejected",
      hint: "name one",
    });
    const to = state({ ...base, "bsp/kernel.img": oid("9") });
    const made = planUpdate(state(base), to, { findings: [finding("warning"), finding("error")] });
    expect(made.transition).toBe("rejected");
    expect(made.reasons.map(({ part, rule }) => [part, rule])).toEqual([
      ["web", "GROUP_UNKNOWN"],
      ["bsp", "BSP_CHANGED"],
    ]);
    expect(made.summary).toMatch(/^Rejected: no group of that name, bsp\/kernel.img is of the board\. /);
    expect(planUpdate(state(base), to, { findings: [finding("warning")] }).transition).toBe("reboot");
    expect(made.findings).toHaveLength(2);
  });
});

describe("planUpdate: signatures", () => {
  const signature = (include: JsonValue, exclude: JsonValue = []): JsonValue => ({
    "#spec": "pvs@2",
    protected: Buffer.from(JSON.stringify({ alg: "ES256", pvs: { include, exclude }, typ: "PVS" })).toString(
      "base64url",
    ),
    signature: "AA",
  });
  const broken = (
    sign: JsonValue,
    change: Readonly<Record<string, JsonValue | undefined>>,
    key = "_sigs/web.json",
  ): readonly string[] => plan(change, { ...base, [key]: sign }).brokenSignatures;
  const web = signature(["web/**", "_config/web/**"], ["web/src.json", "_sigs/web.json"]);

  it("names those over something that changed, came or went", () => {
    expect(broken(web, { "web/root.squashfs": oid("9") })).toEqual(["web"]);
    expect(broken(web, { "web/new": oid("9") })).toEqual(["web"]);
    expect(broken(web, { "web/args.json": undefined })).toEqual(["web"]);
    expect(broken(web, { "_config/web/etc/web.conf": oid("9") })).toEqual(["web"]);
    expect(broken(web, { "web/src.json": {} })).toEqual([]);
    expect(broken(web, { "web2/x": oid("9"), "db/root.squashfs": oid("9") })).toEqual([]);
    expect(broken(web, {})).toEqual([]);
    expect(broken(web, { "web/run.json": { type: "lxc", name: "web" } })).toEqual([]);
  });

  it("selects as a device does, not as pvr does", () => {
    expect(broken(signature(["**"]), { "web/root.squashfs": oid("9") })).toEqual([]);
    expect(broken(signature(["**/**"]), { "web/root.squashfs": oid("9") })).toEqual(["web"]);
    expect(broken(signature(["*"]), { "device.json": {} })).toEqual(["web"]);
    expect(broken(signature(["*"]), { "web/root.squashfs": oid("9") })).toEqual([]);
    expect(broken(signature(["web/{root.squashfs,x}"]), { "web/root.squashfs": oid("9") })).toEqual([]);
    expect(broken(signature(["w[a-f]b/*.squashfs"]), { "web/root.squashfs": oid("9") })).toEqual(["web"]);
    expect(broken(signature(["**/**"], ["**/root.squashfs"]), { "web/root.squashfs": oid("9") })).toEqual([]);
    expect(broken(signature(["*/**"], null), { "web/root.squashfs": oid("9") })).toEqual(["web"]);
  });

  it("finds signatures under any key, and says nothing of new ones", () => {
    expect(broken(web, { "web/root.squashfs": oid("9") }, "web/sig.json")).toEqual(["web/sig.json"]);
    expect(broken(web, { "web/root.squashfs": oid("9") }, "_sigs/a/b.json")).toEqual(["a/b"]);
    expect(broken(web, { "web/root.squashfs": oid("9"), "_sigs/web.json": signature(["web/**"]) })).toEqual([]);
    expect(plan({ "web/root.squashfs": oid("9"), "_sigs/web.json": web }).brokenSignatures).toEqual([]);
    expect(plan({ "_sigs/web.json": undefined }, { ...base, "_sigs/web.json": web }).brokenSignatures).toEqual([]);
  });

  it("does not let pattern lists waste its time: what cannot be shown to hold is broken", () => {
    const many = signature(Array.from({ length: 20_000 }, (_, index) => `*${index}*x`));
    const change = Object.fromEntries(Array.from({ length: 6000 }, (_, index) => [`web/${index}`, oid("9")]));
    const start = performance.now();
    expect(broken(many, change)).toEqual(["web"]);
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it("survives what is no header", () => {
    for (const header of [
      "",
      "!!!",
      "e30",
      "W10",
      "bnVsbA",
      Buffer.from('{"pvs":{"include":"web/**"}}').toString("base64url"),
      7,
      null,
    ]) {
      expect(broken({ "#spec": "pvs@2", protected: header }, { "web/root.squashfs": oid("9") })).toEqual([]);
    }
  });
});

describe("planUpdate: as a whole", () => {
  it("law: an update to the same state does nothing", () => {
    fc.assert(
      fc.property(anyState(true), (one) => {
        const made = planUpdate(one, parseState(formatState(one)));
        expect(made.transition).toBe("none");
        expect(made.diff.parts).toEqual([]);
        expect(made.reasons).toEqual([]);
        expect(made.containers.every(({ action }) => action === "keep")).toBe(true);
        expect([made.download, made.garbage]).toEqual([
          { ids: [], sizeBytes: 0 },
          { ids: [], sizeBytes: 0 },
        ]);
        expect(made.brokenSignatures).toEqual([]);
        expect(made.summary).toBe("Nothing changes.");
      }),
      { numRuns: 500 },
    );
  });

  it("law: reboots for a reason, names each container once, splits the objects", () => {
    fc.assert(
      fc.property(anyState(true), anyState(true), (from, to) => {
        const made = planUpdate(from, to);
        expect(made.transition === "reboot").toBe(made.reasons.length > 0);
        expect(new Set(made.containers.map(({ name }) => name)).size).toBe(made.containers.length);
        const moving = made.containers.some(({ action }) => action !== "keep");
        if (made.transition === "none") expect(moving).toBe(false);
        expect(made.download.ids.filter((id) => made.kept.ids.includes(id) || made.garbage.ids.includes(id))).toEqual(
          [],
        );
      }),
      { numRuns: 1000 },
    );
  });

  it("sums up in one sentence", () => {
    expect(plan({ "web/root.squashfs": oid("9") }).summary).toBe("Restarts web. No reboot. To download: 1.");
    expect(plan({ "web/src.json": {} }).summary).toBe("No reboot.");
    expect(plan({ "bsp/kernel.img": oid("9") }).summary).toBe(
      "Reboots: bsp/kernel.img is of the board. To download: 1.",
    );
    const many = Object.fromEntries([..."abcdef"].map((name) => [`${name}/run.json`, run(name)]));
    expect(plan(many).summary).toBe("Starts a, b, c, d, e, f. No reboot.");
    const evil = plan({ "x/run.json": run("a\u001b[2J\n\u202e") });
    expect(evil.summary).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
