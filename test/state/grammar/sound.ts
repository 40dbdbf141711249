/** Sound states, by chance: the start of every case. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Dict = { [key: string]: Json };

/** Choices of one state. */
export interface Dice {
  /** 0 to n - 1. */
  int(n: number): number;
  chance(percent: number): boolean;
  pick<T>(from: readonly T[]): T;
  hex(): string;
}

/** A state on its way to text: top-level pairs in order, still as values. */
export interface Draft {
  readonly pairs: [key: string, value: Json][];
  config: Record<string, string>;
  get(key: string): Json | undefined;
  set(key: string, value: Json): void;
  remove(key: string): void;
  /** Keys of the containers' run.json. */
  readonly runs: string[];
}

export function dice(seed: number): Dice {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (n: number): number => Math.floor(next() * n);
  const self: Dice = {
    int,
    chance: (percent) => int(100) < percent,
    pick: (from) => from[int(from.length)]!,
    hex: () => Array.from({ length: 64 }, () => "0123456789abcdef"[int(16)]).join(""),
  };
  return self;
}

/** Some of the members, chosen one by one. */
export function some(d: Dice, percent: number, members: Dict): Dict {
  return Object.fromEntries(Object.entries(members).filter(() => d.chance(percent)));
}

function recovery(d: Dice): Dict {
  return {
    policy: d.pick(["on-failure", "always", "no", "unless-stopped"]),
    ...some(d, 50, {
      max_retries: d.int(9),
      retry_delay: d.int(60),
      reset_window: d.int(60),
      backoff_factor: d.pick([2, 1.5]),
      stable_timeout: d.int(60),
      backoff_policy: d.pick(["reboot", "never", "10min", "1h", "30s"]),
    }),
  };
}

export function group(d: Dice, name: string): Dict {
  return {
    name,
    ...some(d, 50, {
      description: "a group",
      restart_policy: d.pick(["system", "container"]),
      status_goal: d.pick(["MOUNTED", "STARTED", "READY"]),
      timeout: d.int(300),
    }),
  };
}

export function disk(d: Dice, name: string): Dict {
  return {
    name,
    type: d.pick(["swap-disk", "volume-disk", "dm-crypt-caam", "dm-crypt-dcp", "dm-crypt-versatile"]),
    format: d.pick(["ext4", "ext3", "swap"]),
    ...some(d, 25, {
      path: "/dev/sda1",
      mode: d.pick(["nxp", "mainline"]),
      mount_target: "/volumes",
      mount_options: "noatime",
      format_options: "-F",
      provision: "zram",
      provision_options: "disksize=1M",
      uuid: "aa-bb",
      migrate_keyblob: "yes",
    }),
  };
}

function device(d: Dice, groups: readonly string[]): Dict {
  const all = groups.map((name) => group(d, name));
  if (d.chance(30)) all.at(-1)!["auto_recovery"] = recovery(d);
  const names = (prefix: string): Json[] => Array.from({ length: 1 + d.int(3) }, (_, i) => disk(d, `${prefix}${i}`));
  const disks = names("d");
  if (d.chance(30)) (disks.at(-1) as Dict)["aliases"] = ["spare"];
  const v3 = names("f");
  if (d.chance(30)) Object.assign(v3.at(-1) as Dict, { type: "dual", disks: ["d0", "d1"], init_order: ["primary"] });
  return {
    groups: all,
    ...(d.chance(50) && { disks }),
    ...(d.chance(20) && { disks_v2: names("e") }),
    ...(d.chance(20) && { disks, disks_v3: v3 }),
    ...(d.chance(50) && { volumes: { "pv--devmeta": { persistence: "permanent" } } }),
    ...(d.chance(40) && {
      network: {
        pools: { lan: { type: "bridge", bridge: "br0", subnet: "10.0.3.0/24", gateway: "10.0.3.1", nat: true } },
      },
    }),
  };
}

function run(d: Dice, name: string, groups: readonly string[], pool: boolean): Dict {
  return {
    "#spec": "service-manifest-run@1",
    config: "lxc.container.conf",
    name,
    type: "lxc",
    "root-volume": "root.squashfs",
    ...some(d, 35, {
      group: d.pick(groups),
      restart_policy: d.pick(["system", "container"]),
      status_goal: d.pick(["MOUNTED", "STARTED", "READY"]),
      roles: [d.pick(["mgmt", "nobody"])],
      auto_recovery: recovery(d),
      automodfw: "no",
      "dev-log": d.chance(50),
      share: "x",
      logs: [{ file: "/var/log/x", maxsize: 100, name: "n", truncate: true }],
      storage: { "lxc-overlay": { persistence: d.pick(["boot", "permanent", "revision"]) } },
      drivers: { required: ["wifi"], optional: ["bt"] },
      services: { required: [{ name: "svc", type: "unix", target: "/run/s.sock" }], optional: [] },
      exports: ["a"],
      volumes: ["extra.squashfs"],
      network: pool && d.chance(60) ? { pool: "lan", hostname: "h" } : { mode: "host" },
    }),
  };
}

/** A state without fault, its pairs sorted. */
export function sound(d: Dice): Draft {
  const names = ["app", "b1", "os", "wifi_connect", "x.y"].filter(() => d.chance(45));
  const own = d.chance(60);
  const groups = own ? ["sys", "two", "app"].slice(0, 1 + d.int(3)) : ["data", "root", "platform", "app"];
  const state: Dict = { "#spec": "pantavisor-service-system@1" };
  if (own) state["device.json"] = device(d, groups);
  const pool = own && Object.hasOwn(state["device.json"] as Dict, "network");
  const image = d.pick([
    { linux: "kernel.img", initrd: "pantavisor" },
    { fit: "pantavisor.fit" },
    { rpiab: "boot.img" },
  ]);
  state["bsp/run.json"] = {
    ...image,
    ...some(d, 40, { modules: "modules.squashfs", firmware: "fw.squashfs", addons: ["a.xz4"] }),
  };
  for (const file of [
    "kernel.img",
    "pantavisor",
    "pantavisor.fit",
    "boot.img",
    "modules.squashfs",
    "fw.squashfs",
    "a.xz4",
  ]) {
    state[`bsp/${file}`] = d.hex();
  }
  state["bsp/drivers.json"] = { all: { bt: ["btusb"], wifi: ["cfg80211", "brcmfmac x=1"] } };
  for (const name of names) {
    state[`${name}/run.json`] = run(d, name, groups, pool);
    for (const file of ["root.squashfs", "extra.squashfs", "lxc.container.conf"]) state[`${name}/${file}`] = d.hex();
    if (d.chance(40)) state[`${name}/src.json`] = { "#spec": "service-manifest-src@1", args: { PV_GROUP: "x" } };
    if (d.chance(20)) state[`_config/${name}/etc/x.conf`] = d.hex();
  }
  if (names[0])
    state[`${names[0]}/services.json`] = { services: [{ name: "svc", type: "unix", socket: "/run/s.sock" }] };
  const config: Record<string, string> = {};
  if ("rpiab" in image) config["PV_BOOTLOADER_TYPE"] = "rpiab";
  return draft(
    Object.entries(state).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    config,
  );
}

function draft(pairs: [string, Json][], config: Record<string, string>): Draft {
  return {
    pairs,
    config,
    get: (key) => pairs.find(([name]) => name === key)?.[1],
    set(key, value) {
      const at = pairs.findIndex(([name]) => name >= key);
      if (pairs[at]?.[0] === key) pairs[at]![1] = value;
      else pairs.splice(at < 0 ? pairs.length : at, 0, [key, value]);
    },
    remove(key) {
      const at = pairs.findIndex(([name]) => name === key);
      if (at >= 0) pairs.splice(at, 1);
    },
    get runs() {
      return pairs.map(([key]) => key).filter((key) => key.endsWith("/run.json") && key !== "bsp/run.json");
    },
  };
}
