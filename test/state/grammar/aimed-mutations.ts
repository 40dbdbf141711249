/** One mutation for each finding that the others hit too seldom, named after it. */
import { doc, isDict, type Mutation } from "./mutation.ts";
import { type Dice, type Dict, type Draft, disk, group, type Json } from "./sound.ts";

const SPEC = '"#spec":"pantavisor-service-system@1"';

/** Sets members of any run.json. */
const inRun =
  (...choices: readonly Dict[]): Mutation =>
  (d, draft) => {
    const key = d.pick(draft.runs.length > 0 ? draft.runs : ["new/run.json"]);
    const run = doc(draft, key, () => ({ name: "new", type: "lxc", config: "c" }));
    delete run["status_goal"];
    Object.assign(run, structuredClone(d.pick(choices)));
  };

/** Puts one more element into a list of device.json, in front. */
const inList =
  (key: string, make: (d: Dice) => Json[]): Mutation =>
  (d, draft) => {
    const device = doc(draft, "device.json", () => ({ groups: [{ name: "root" }, { name: "app" }] }));
    const list = Array.isArray(device[key]) ? (device[key] as Json[]) : [];
    device[key] = [...make(d), ...list];
  };

const needs = (...needed: Dict[]): Dict => ({ services: { required: needed, optional: [] } });

const signed =
  (pvs: Dict): Mutation =>
  (_d, draft) => {
    const header = btoa(JSON.stringify({ alg: "RS256", typ: "PVS", pvs })).replaceAll("=", "");
    draft.set("_sigs/app.json", { "#spec": "pvs@2", protected: header, signature: "AAAA" });
  };

/** Replaces the whole text. */
const whole =
  (...texts: readonly string[]): Mutation =>
  (d) =>
  () =>
    d.pick(texts);
const last = (pad: number): string => `{${SPEC},"a.json":[${Array(pad).fill(1).join()}],"z.json":["groups.json"]}`;

function twin(d: Dice, draft: Draft): void {
  const runs = draft.runs.filter((key) => isDict(draft.get(key)));
  if (runs.length > 0) draft.set("zz/run.json", structuredClone(draft.get(d.pick(runs))!));
}

export const aimedMutations: Record<string, Mutation> = {
  RESERVED_LAST: whole(last(2), last(12), last(32), last(72)),
  VALUE_BEYOND_TABLE: whole(`{${SPEC},"x/run.json":{"config":"c","name":"x","share":"s","type":"lxc","volumes"}}`),
  SPEC_REFUSED: (d, draft) => {
    draft.config["PV_SYSTEM_INIT_MODE"] = "appengine";
    draft.set("#spec", d.pick(["foo@1", "pantavisor-multi-platform@1"]));
  },
  SPEC_LEGACY: (_d, draft) => draft.set("#spec", "pantavisor-multi-platform@1"),
  KEY_UNSAFE: (d, draft) => draft.set(d.pick(["a/../b", "x//y", "./a"]), d.hex()),
  KEY_SLASHES: (d, draft) => draft.set(d.pick(["/", "//"]), d.hex()),
  KEY_BARE: () => (text: string) => `${text.slice(0, -1)},bare:5}`,
  LIST_UNDEFINED: inList("disks_v3", (d) => [5, disk(d, "u0"), disk(d, "u1"), disk(d, "u2")]),
  VALUE_UNCLOSED: inRun({ storage: "{a:{" }, { storage: "{a:[" }),
  VALUE_BARE: (d, draft) => draft.set("app/x.json", d.pick([5, true, null])),
  GROUP_NAMELESS: inList("groups", () => [{ timeout: 5 }]),
  GROUP_REPEATED: inList("groups", (d) => [group(d, "app"), group(d, "app")]),
  GROUP_TIMEOUT_INVALID: inList("groups", (d) => [
    { name: "g", timeout: d.pick<Json>([-1, "-7", 2147483648, "9".repeat(20)]) },
  ]),
  DISK_INVALID: inList("disks", () => [""]),
  DISK_NAMELESS: inList("disks", (d) => [{ ...disk(d, ""), name: "" }]),
  DISK_FORMAT_UNKNOWN: inList("disks", () => [{ name: "v", type: "volume-disk", format: "btrfs" }]),
  DISK_DEFAULT_REPEATED: inList("disks", (d) => ["v", "w"].map((name) => ({ ...disk(d, name), default: "yes" }))),
  DISK_ALIAS_EMPTY: (d, draft) => void (doc(draft, "device.json")["disks"] = [{ ...disk(d, "v"), aliases: ["", "a"] }]),
  DISK_ALIAS_TAKEN: (d, draft) =>
    void (doc(draft, "device.json")["disks"] = [
      disk(d, "v"),
      { ...disk(d, "w"), aliases: d.pick([["v"], ["x", "v"]]) },
    ]),
  DISK_UNKNOWN: inRun({ storage: { a: { persistence: "boot", disk: "none" } } }),
  PERSISTENCE_UNKNOWN: inRun({ storage: { a: { persistence: "forever" } } }),
  BSP_REPEATED: (_d, draft) => draft.set("app/src.json", { note: "bsp/run.json" }),
  BSP_INVALID: (_d, draft) => draft.set("bsp/run.json", ["linux", "kernel.img"]),
  BSP_INCOMPLETE: (d, draft) => draft.set("bsp/run.json", d.pick([{ linux: "kernel.img" }, { fdt: "f", initrd: "i" }])),
  DRIVER_UNREADABLE: (_d, draft) => draft.set("bsp/drivers.json", { all: { wifi: "caf\u00e9" } }),
  CONTAINER_EMPTY: (d, draft) => draft.set("nn/run.json", d.pick<Json>([{}, "", { x: 1 }, { config: "c" }])),
  CONTAINER_NAMELESS_CRASH: (d, draft) =>
    draft.set("nn/run.json", d.pick<Json>([{ exports: ["a"] }, { logs: [{ a: 1 }] }])),
  RUNLEVEL_GROUP_MISSING: (d, draft) => {
    draft.set("device.json", { groups: [group(d, "sys")] });
    inRun({ runlevel: "root" })(d, draft);
  },
  AUTO_RECOVERY_UNREADABLE: inRun({ auto_recovery: "{" }, { auto_recovery: "caf\u00e9" }),
  BACKOFF_UNKNOWN: inRun({ auto_recovery: { policy: "always", backoff_policy: "soon" } }),
  NETWORK_UNREADABLE: inRun({ network: "[" }, { network: "caf\u00e9" }),
  CONFIG_LIST: inRun({ config: ["lxc.container.conf"] }),
  VOLUME_BIND: inRun({ "root-volume": "x.bind" }),
  NAME_REPEATED: twin,
  SERVICE_ABSENT: inRun({ services: { optional: [{ name: "none", type: "unix" }] } }),
  SERVICE_HOSTED: inRun(needs({ name: "system-bus", type: "dbus" })),
  SERVICE_TYPE_UNLIKE: (d, draft) => {
    inRun({ name: "pp" })(d, draft);
    draft.set("pp/run.json", { name: "pp", type: "lxc", config: "c", ...needs({ name: "svc2", type: "rest" }) });
    draft.set("pp/services.json", { services: [{ name: "svc2", type: "unix", socket: "/s" }] });
  },
  SERVICE_SOCKETLESS: (_d, draft) => {
    draft.set("pp/run.json", { name: "pp", type: "lxc", config: "c", ...needs({ name: "svc3", type: "unix" }) });
    draft.set("pp/services.json", [{ name: "svc3", type: "unix" }]);
  },
  SERVICE_REPEATED: (_d, draft) => {
    draft.set("pp/run.json", { name: "pp", type: "lxc", config: "c" });
    draft.set("pp/services.json", [
      { name: "svc", type: "unix" },
      { name: "svc", type: "rest" },
    ]);
  },
  SERVICE_NOT_RENDERED: (_d, draft) => {
    draft.set("pp/run.json", { name: "pp", type: "lxc", config: "c" });
    draft.set("pp/args.json", { PV_SERVICES_OPTIONAL: [{ name: "svc", type: "unix" }] });
  },
  SIGNATURE_OF_ITSELF: signed({ include: ["*", "*/**"], exclude: [] }),
  SIGNATURE_LIST_MISSING: signed({ include: ["*", "*/**"] }),
  PATTERN_AMBIGUOUS: signed({ include: ["#spec", "**"], exclude: ["_sigs/**"] }),
};
