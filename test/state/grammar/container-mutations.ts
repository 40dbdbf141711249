/** Mutations of containers, services, keys and signatures. */
import { field, fields, isDict, type Mutation, odd } from "./mutation.ts";
import { type Dice, type Dict, type Draft, type Json, some } from "./sound.ts";

function runOf(d: Dice, draft: Draft): Dict {
  const keys = draft.runs.filter((key) => isDict(draft.get(key)));
  if (keys.length === 0) {
    draft.set("new/run.json", { name: "new", type: "lxc", config: "c" });
    keys.push("new/run.json");
  }
  return draft.get(d.pick(keys)) as Dict;
}
const RESERVED = [
  "device.json",
  "groups.json",
  "disks.json",
  "disks_v3.json",
  "bsp/run.json",
  "bsp/drivers.json",
  "#spec",
];
const RUN_KEYS = [
  ...[
    "name",
    "type",
    "runlevel",
    "automodfw",
    "group",
    "restart_policy",
    "status_goal",
    "roles",
    "auto_recovery",
    "network",
  ],
  ...["config", "share", "root-volume", "volumes", "logs", "storage", "drivers", "services", "exports", "dev-log"],
];
const SPELLINGS: Dict = {
  restart_policy: "restart-policy",
  volumes: "volume",
  status_goal: "statusGoal",
  storage: "Storage",
};

/** A signature's document with the given header, not a valid one. */
function signature(header: Dict): Dict {
  return { "#spec": "pvs@2", protected: btoa(JSON.stringify(header)).replaceAll("=", ""), signature: "AAAA" };
}
const HEADER: Dict = {
  alg: "RS256",
  typ: "PVS",
  pvs: { include: ["app/**", "_config/app/**"], exclude: ["app/src.json"] },
};

export const containerMutations: Record<string, Record<string, Mutation>> = {
  run: {
    ...fields(runOf, RUN_KEYS),
    value: (d, draft) => draft.set(d.pick([...draft.runs, "new/run.json"]), odd(d)),
    group2: field(runOf, "group", "nope", "app", "root", "", null),
    runlevel2: field(runOf, "runlevel", "app", "platform", "root", "data", "x"),
    typeless: (d, draft) => void delete runOf(d, draft)["type"],
    storage2: field(
      runOf,
      "storage",
      { a: {} },
      { a: { persistence: "x" } },
      { a: { persistence: "boot", disk: "none" } },
      { a: { persistence: "boot", disk: "spare" } },
      { disk: { persistence: "boot" } },
    ),
    services2: field(
      runOf,
      "services",
      { required: ["svc"] },
      { required: [{ name: "svc", type: "rest" }] },
      { optional: [{ name: "none", type: "x" }] },
      { required: [{ name: "system-bus", type: "dbus" }] },
      { required: "x", optional: [{}] },
    ),
    drivers2: field(runOf, "drivers", { required: ["none"] }, { manual: "x" }, { optional: [["wifi"]] }),
    network2: field(runOf, "network", { pool: "none" }, { mode: "bridge" }, { mode: "pool" }, {}),
    recovery2: field(
      runOf,
      "auto_recovery",
      { policy: "sometimes" },
      { policy: "always", max_retries: "3", retry_delay: 2 },
      { policy: "always", backoff_policy: "soon" },
    ),
    logs2: field(runOf, "logs", [{}], ["x"], [{ lxc: "enable" }], [[]]),
    suffix: field(runOf, "root-volume", "root", "dm:root.squashfs", "other.squashfs", "x.bind", "d.data"),
    prefix: (d, draft) => {
      const run = runOf(d, draft);
      const key = d.pick(RUN_KEYS);
      run[`${key}${d.pick(["_x", "a", "2", "-"])}`] = d.chance(50) ? odd(d) : (run[key] ?? "x");
      if (d.chance(40)) delete run[key];
    },
    nameless: (d, draft) => {
      const run = runOf(d, draft);
      const kept = RUN_KEYS.slice(1).filter(() => d.chance(12));
      for (const key of Object.keys(run)) if (!kept.includes(key)) delete run[key];
      if (d.chance(60))
        Object.assign(
          run,
          d.pick<Dict>([
            { logs: [{ a: "b" }] },
            { exports: ["a"] },
            { drivers: { required: ["a"] } },
            { services: { required: [{}] } },
            { config: "c" },
          ]),
        );
    },
    renamed: field(runOf, "name", "other", "app", "b1", "", "a/b", 5),
    spelling: (d, draft) => {
      const key = d.pick(Object.keys(SPELLINGS));
      runOf(d, draft)[SPELLINGS[key] as string] = "x";
    },
  },
  services: {
    value: (d, draft) => draft.set("app/services.json", odd(d)),
    bare: (d, draft) => draft.set("app/services.json", [{ name: "svc", type: d.pick(["unix", "rest", "x"]) }, odd(d)]),
    offers: (d, draft) =>
      draft.set(`${d.pick(["app", "os", "zz"])}/services.json`, {
        services: [
          { name: "svc", type: "unix" },
          some(d, 50, { name: "o", type: "dbus", socket: "/s", owns: "org.x", bus: "system-bus" }),
          odd(d),
        ],
      }),
    early: (_d, draft) =>
      void draft.pairs.unshift(["app/services.json", { services: [{ name: "early", type: "rest" }] }]),
    args: (d, draft) =>
      draft.set(`${d.pick(["app", "os"])}/src.json`, {
        template: "t",
        args: { PV_SERVICES_REQUIRED: [{ name: d.pick(["svc", "other"]), type: "unix" }], PV_SERVICES_OPTIONAL: "x" },
      }),
    template: (d, draft) => {
      for (const key of draft.runs) draft.set(key.replace("run.json", "src.json"), { template: "t", args: {} });
      runOf(d, draft)["services"] = { optional: [{ name: "svc", type: "unix" }] };
    },
  },
  key: {
    odd: (d, draft) =>
      draft.set(
        d.pick([
          "/",
          "//",
          "///",
          ".",
          "..",
          "a/../b",
          "_config",
          "_config/",
          "_sigs/x",
          "x//y",
          "**",
          "é/x",
          "_config/none/x",
        ]),
        d.hex(),
      ),
    prefix: (d, draft) => {
      const reserved = d.pick(RESERVED);
      draft.set(reserved.slice(0, d.int(reserved.length)), d.hex());
    },
    run: (d, draft) =>
      draft.set(
        d.pick(["/run.json", "run.json", "_config/app/run.json", "_sigs/run.json", "a/b/run.json", "x/Run.json"]),
        { name: "shadow", type: "lxc" },
      ),
    value: (d, draft) =>
      draft.set(
        d.pick(["app/file", "app/x.json", "root.txt", "x.json", ".json", "app/mdev.json"]),
        d.chance(20) ? d.hex().toUpperCase() : odd(d),
      ),
    reserved: (d, draft) => {
      const word = d.pick(RESERVED.slice(0, 6));
      draft.set("app/src.json", d.pick<Json>([{ x: word }, { [word]: 1 }, [word], { [word]: [{ name: "sys" }] }]));
    },
    lastString: (d, draft) => void draft.pairs.push(["zzz.json", [d.pick(RESERVED.slice(0, 6))]]),
    gone: (d, draft) => {
      if (draft.pairs.length > 1) draft.remove(d.pick(draft.pairs)[0]);
    },
  },
  signature: {
    sound: (_d, draft) => draft.set("_sigs/app.json", signature(HEADER)),
    header: (d, draft) =>
      draft.set(
        "_sigs/app.json",
        signature({ ...HEADER, ...d.pick<Dict>([{ alg: "PS256" }, { typ: "JWT" }, { x5c: [] }, { pvs: "x" }]) }),
      ),
    lists: (d, draft) =>
      draft.set(
        "_sigs/app.json",
        signature({
          ...HEADER,
          pvs: d.pick<Dict>([
            { include: ["**"], exclude: [] },
            { include: ["none/**"], exclude: [] },
            { include: ["a*"] },
            { include: ["_sigs/**", "*"], exclude: [] },
            { include: ["{app,os}/**"], exclude: ["**/run.json"] },
          ]),
        }),
      ),
    garbage: (d, draft) =>
      draft.set("_sigs/app.json", { "#spec": "pvs@2", protected: d.pick(["%", "AAAA", ""]), signature: "" }),
  },
};
