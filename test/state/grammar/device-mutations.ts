/** Mutations of what describes the device: device.json and its older files, the bsp. */
import { doc, field, fields, insert, isDict, list, type Mutation, odd, value } from "./mutation.ts";
import { type Dice, type Dict, type Draft, disk, group, type Json, some } from "./sound.ts";

const deviceOf = (draft: Draft): Dict =>
  doc(draft, "device.json", () => ({ groups: [{ name: "root" }, { name: "app" }] }));
const groupsOf = (draft: Draft): Json[] => list(deviceOf(draft), "groups", () => [{ name: "root" }]);
const diskKey = (d: Dice): string => d.pick(["disks", "disks", "disks_v2", "disks_v3", "disks_v3"]);
const disksOf = (d: Dice, draft: Draft): Json[] =>
  list(deviceOf(draft), diskKey(d), () => [disk(d, "q0"), disk(d, "q1")]);
function anyOf(d: Dice, from: Json[]): Dict {
  const found = from.filter(isDict);
  return found.length > 0 ? d.pick(found) : {};
}

const aGroup = (d: Dice, draft: Draft): Dict => anyOf(d, groupsOf(draft));
const aDisk = (d: Dice, draft: Draft): Dict => anyOf(d, disksOf(d, draft));
const bsp = (_d: Dice, draft: Draft): Dict => doc(draft, "bsp/run.json");
const drivers = (_d: Dice, draft: Draft): Dict => doc(draft, "bsp/drivers.json");

export const deviceMutations: Record<string, Record<string, Mutation>> = {
  spec: {
    value: (d, draft) =>
      draft.set(
        "#spec",
        d.pick<Json>(["foo@1", "", "pantavisor-service-system@2", " pantavisor-service-system@1", 5, null]),
      ),
    mode: (d, draft) => {
      draft.config["PV_SYSTEM_INIT_MODE"] = d.pick(["appengine", "standalone", "embedded"]);
      if (d.chance(50)) draft.set("#spec", d.pick<Json>(["foo@1", "pantavisor-service-system@1"]));
    },
    absent: (d, draft) => {
      draft.remove("#spec");
      if (d.chance(70)) for (const [, document] of draft.pairs) if (isDict(document)) delete document["#spec"];
    },
    nestedFirst: (_d, draft) => void draft.pairs.unshift(["!a/src.json", { "#spec": "service-manifest-src@1" }]),
  },
  device: {
    value: value("device.json"),
    groups: (d, draft) => field((_, target) => deviceOf(target), "groups")(d, draft),
    noGroups: (_d, draft) => void delete deviceOf(draft)["groups"],
    volumes: field(
      (_d, draft) => deviceOf(draft),
      "volumes",
      { a: {} },
      { a: { persistence: "forever" } },
      { a: { persistence: "boot", disk: "none" } },
    ),
    network: field((_d, draft) => deviceOf(draft), "network", { pools: {} }, {}),
    pool: (d, draft) => {
      const pool = some(d, 75, {
        type: d.pick<Json>(["bridge", "macvlan", "vlan"]),
        bridge: "b",
        parent: "eth0",
        subnet: d.pick(["10.0.0.0/8", "10.0.0/8", "10.0.0.0/33"]),
        gateway: d.pick(["10.0.0.1", "10.0.0.01"]),
        nat: d.pick<Json>([true, false, "yes"]),
      });
      deviceOf(draft)["network"] = { pools: { p0: d.chance(20) ? odd(d) : pool, p1: odd(d) } };
    },
    spelling: (_d, draft) => void (deviceOf(draft)["volume"] = {}),
  },
  files: {
    disks: (d, draft) =>
      draft.set(d.pick(["disks.json", "disks_v3.json"]), [disk(d, "k0"), d.chance(30) ? odd(d) : disk(d, "k1")]),
    disksAlone: (d, draft) => {
      draft.remove("device.json");
      draft.set(d.pick(["disks.json", "disks_v3.json"]), d.chance(30) ? odd(d) : [disk(d, "k0"), disk(d, "k1")]);
    },
    groups: (d, draft) => draft.set("groups.json", [group(d, "sys"), group(d, "app")]),
    groupsAlone: (d, draft) => {
      draft.remove("device.json");
      draft.set("groups.json", d.chance(40) ? odd(d) : [group(d, "sys"), group(d, "app")]);
    },
  },
  group: {
    ...fields(aGroup, ["name", "status_goal", "restart_policy", "timeout", "auto_recovery", "description"]),
    timeout2: field(
      aGroup,
      "timeout",
      "5",
      "-5",
      -5,
      2147483648,
      4294967296,
      "abc",
      " 7x",
      "99999999999999999999",
      1.9,
      {},
    ),
    goal2: field(aGroup, "status_goal", "started", "READY "),
    element: (d, draft) => insert(d, groupsOf(draft), odd(d)),
    nested: (d, draft) => void (aGroup(d, draft)["x"] = d.pick<Json>([["q"], [{ name: "z" }], {}, [], { name: "y" }])),
    repeated: (d, draft) => insert(d, groupsOf(draft), group(d, "sys")),
    bites: field(
      aGroup,
      "name",
      "name",
      "timeout",
      "status_goal",
      "restart_policy",
      "volumes",
      "disks",
      "network",
      "groups",
    ),
    recovery: field(
      aGroup,
      "auto_recovery",
      { policy: "never" },
      { policy: "always", max_retries: "3", retry_delay: 2 },
      { policy: "no", backoff_policy: "5 days" },
    ),
    spelling: (d, draft) => void (aGroup(d, draft)["status-goal"] = "READY"),
  },
  disk: {
    ...fields(aDisk, [
      "name",
      "type",
      "aliases",
      "default",
      "mode",
      "format",
      "path",
      "disks",
      "init_order",
      "migrate_keyblob",
    ]),
    element: (d, draft) => insert(d, disksOf(d, draft), odd(d)),
    empty: (d, draft) => void (deviceOf(draft)[diskKey(d)] = d.chance(60) ? [] : odd(d)),
    typed: field(aDisk, "type", "directory", "dual", "SWAP-DISK", "volume-disk"),
    nameless: (d, draft) => void (aDisk(d, draft)["name"] = d.pick<Json>(["", null, "d0", "name", "type"])),
    alias: field(aDisk, "aliases", ["d0"], ["d1"], ["spare"], [""], ["a", "a"], ["q0"], [5], "[q,r]", []),
    repeated: (d, draft) => disksOf(d, draft).push(disk(d, "d0")),
    preferred: (d, draft) =>
      disksOf(d, draft)
        .filter(isDict)
        .forEach((one) => void (one["default"] = d.pick<Json>(["yes", "yes", true]))),
    dual: (d, draft) =>
      Object.assign(aDisk(d, draft), {
        type: "dual",
        disks: ["a", "b", "c", "d", "e"].slice(d.int(3)),
        init_order: ["primary", "x"],
      }),
    spelling: (d, draft) => void (aDisk(d, draft)["provision_ops"] = "x"),
  },
  bsp: {
    value: value("bsp/run.json"),
    image: (d, draft) => {
      draft.set(
        "bsp/run.json",
        some(d, 35, { fit: "f", rpiab: "r", linux: "l", initrd: "i", fdt: "d", kernel: "k", addons: ["linux", "x"] }),
      );
      if (d.chance(50)) draft.config["PV_BOOTLOADER_TYPE"] = d.pick(["rpiab", "uboot", "grub", "uboot-ab"]);
    },
    ...fields(bsp, ["linux", "fit", "initrd", "addons", "addonsx", "modules"]),
    bites: field(bsp, "linux", "linux", "modules", "initrd"),
    rpiab: (_d, draft) => void (draft.config["PV_BOOTLOADER_TYPE"] = "rpiab"),
  },
  drivers: {
    value: value("bsp/drivers.json"),
    ...fields(drivers, ["all", "all2", "dtb:x", "fitconfig:conf-1", "dtb:foobarconf-1"]),
    alias: (d, draft) => void (drivers(d, draft)["all"] = { wifi: odd(d), bt: ["btusb"] }),
    fit: (d, draft) => {
      draft.config["PV_BOOTLOADER_FITCONFIG"] = "conf-1";
      drivers(d, draft)["fitconfig:conf-1"] = d.chance(50) ? { wifi: odd(d) } : odd(d);
    },
  },
};
