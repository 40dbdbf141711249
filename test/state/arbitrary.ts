import fc from "fast-check";
import {
  type AutoRecovery,
  bsp,
  composeState,
  container,
  type DeviceDocument,
  type DiskDocument,
  device,
  type GroupDocument,
  type NetworkPool,
  type RunDocument,
  type ServiceOffer,
  type State,
  type StatePart,
  type VolumeDocument,
} from "../../src/state/index.ts";

/** An optional member: absent, or given as undefined, or a value. */
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

export const objectId: fc.Arbitrary<string> = fc.stringMatching(/^[0-9a-f]{64}$/);
const seconds = fc.integer({ min: 0, max: 3600 });
const goal = fc.constantFrom("MOUNTED", "STARTED", "READY");
const policy = fc.constantFrom("system", "container");
const persistence = fc.constantFrom("permanent", "revision", "boot");

/** Names as people give them, some of them close to the words that a device reads. */
const word = fc.oneof(
  { weight: 3, arbitrary: fc.stringMatching(/^[a-z][a-z0-9_-]{0,9}$/) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("web", "db", "edge-app", "pv-avahi", "run", "json", "x.y", "App+1", "data2"),
  },
);
/** A word that no document reads as a key. */
const read =
  /^(?:name|type|path|mode|format|format_options|mount_target|mount_options|provision|provision_options|uuid|default|migrate_keyblob|aliases|disks|disks_v[23]|init_order|groups|volumes|network|pools|status_goal|restart_policy|timeout|auto_recovery|persistence|disk|required|optional|manual|role|interface|target|socket|owns|bus|allow|services|pool|hostname|ip|mac|subnet|gateway|bridge|parent|nat|all|policy|device|bsp|trails|objects|boot|config|cache|logs|fit|rpiab|linux|initrd|fdt|addons|modules|firmware)$/;
const name = word.filter((text) => !read.test(text));

const recovery: fc.Arbitrary<AutoRecovery> = fc.record(
  {
    policy: fc.constantFrom("no", "always", "on-failure"),
    max_retries: seconds,
    retry_delay: seconds,
    backoff_factor: fc.constantFrom(1, 1.5, 2, 0.25),
    reset_window: seconds,
    stable_timeout: seconds,
    backoff_policy: fc.constantFrom("reboot", "never", "30s", "10min"),
  },
  { requiredKeys: ["policy"] },
);

function groups(names: readonly string[]): fc.Arbitrary<readonly GroupDocument[]> {
  return fc.tuple(
    ...names.map((groupName, index) =>
      fc
        .record({
          status_goal: maybe(goal),
          restart_policy: maybe(policy),
          timeout: maybe(seconds),
          description: maybe(fc.constantFrom("what it is for", "später")),
          auto_recovery: index === names.length - 1 ? maybe(recovery) : fc.constant(undefined),
        })
        .map((group): GroupDocument => ({ ...group, name: groupName })),
    ),
  );
}

function volume(disks: readonly string[]): fc.Arbitrary<VolumeDocument> {
  const disk = disks.length === 0 ? fc.constant(undefined) : maybe(fc.constantFrom(...disks));
  return fc.record({ persistence, disk });
}

function disksOf(names: readonly string[]): fc.Arbitrary<readonly DiskDocument[]> {
  const one = (diskName: string, index: number): fc.Arbitrary<DiskDocument> =>
    fc
      .record({
        aliases: index === 0 ? maybe(fc.constant([`${diskName}-alias`])) : fc.constant(undefined),
        default: index === 1 ? maybe(fc.constant("yes" as const)) : fc.constant(undefined),
        path: fc.constant(`/storage/${diskName}.img,8,key`),
      })
      .map((disk) => ({ ...disk, name: diskName, type: "dm-crypt-versatile" as const }));
  return fc.tuple(...names.map(one));
}

const pool: fc.Arbitrary<NetworkPool> = fc.record({
  subnet: fc.constant("10.0.5.0/24"),
  gateway: fc.constant("10.0.5.1"),
  bridge: fc.constant("pvbr0"),
  nat: maybe(fc.boolean()),
});

/** One firmware: what each builder was given, and the state. */
export interface Firmware {
  device: DeviceDocument | undefined;
  groups: readonly string[];
  state: State;
}

function containerOf(
  folder: string,
  context: {
    groups: readonly string[];
    disks: readonly string[];
    pools: readonly string[];
    offers: readonly ServiceOffer[];
    mine: readonly ServiceOffer[];
  },
): fc.Arbitrary<StatePart> {
  const { groups, disks, pools, offers, mine } = context;
  const needs =
    offers.length === 0
      ? fc.constant(undefined)
      : maybe(fc.subarray(offers.map(({ name, type }) => ({ name, type, target: `/run/${name}` }))));
  return fc
    .record({
      group: fc.constantFrom(...groups),
      restart_policy: maybe(policy),
      status_goal: maybe(goal),
      roles: maybe(fc.subarray(["mgmt", "nobody"] as const)),
      auto_recovery: maybe(recovery),
      storage: maybe(fc.dictionary(name, volume(disks), { maxKeys: 3 })),
      logs: maybe(fc.constant([{ lxc: "enable", maxsize: "2097152" }])),
      network:
        pools.length === 0 ? fc.constant(undefined) : maybe(fc.constantFrom(...pools).map((one) => ({ pool: one }))),
      services: maybe(fc.record({ required: needs, optional: needs })),
      exports: maybe(fc.constant([])),
      more: fc.boolean(),
      args: maybe(fc.jsonValue({ maxDepth: 2 }).map((value) => ({ PV_EXTRA: JSON.stringify(value) }))),
      ids: fc.tuple(objectId, objectId, objectId),
    })
    .map(({ more, args, ids, ...settings }) => {
      const run: RunDocument = {
        ...settings,
        name: folder,
        type: "lxc",
        config: "lxc.container.conf",
        "root-volume": "root.squashfs",
        volumes: more ? ["more.squashfs"] : [],
      };
      const objects = {
        "root.squashfs": ids[0],
        "lxc.container.conf": ids[1],
        ...(more ? { "more.squashfs": ids[2] } : {}),
      };
      return container(run, objects, {
        // A src.json whose arguments lack the services would render them away: checkState says so.
        ...(args && !settings.services
          ? { "src.json": { "#spec": "service-manifest-src@1", template: "builtin-lxc-docker", args } }
          : {}),
        ...(mine.length > 0 ? { "services.json": { "#spec": "service-manifest-xconnect@1", services: mine } } : {}),
      });
    });
}

const board: fc.Arbitrary<StatePart> = fc
  .tuple(objectId, objectId, objectId, fc.boolean(), fc.boolean())
  .map(([a, b, c, fit, modules]) => {
    const extra = modules ? { "modules.squashfs": c } : {};
    const run = modules ? { modules: "modules.squashfs" } : {};
    return fit
      ? bsp({ ...run, fit: "pantavisor.fit" }, { ...extra, "pantavisor.fit": a })
      : bsp({ ...run, linux: "kernel.img", initrd: "pantavisor" }, { ...extra, "kernel.img": a, pantavisor: b });
  });

/** Firmwares that people build: every builder with any of its settings, services wired, groups that exist. */
export const firmware: fc.Arbitrary<Firmware> = fc
  .record({
    names: fc.uniqueArray(name, { minLength: 1, maxLength: 5 }),
    groupNames: maybe(fc.uniqueArray(name, { minLength: 1, maxLength: 4 })),
    diskNames: fc.uniqueArray(name, { maxLength: 3 }),
    poolNames: fc.uniqueArray(name, { maxLength: 2 }),
    offers: fc.uniqueArray(name, { maxLength: 3 }),
  })
  .chain(({ names, groupNames, diskNames, poolNames, offers }) => {
    const services = offers.map((offer): ServiceOffer => ({ name: offer, type: "unix", socket: `/run/${offer}.sock` }));
    const pools =
      poolNames.length === 0
        ? fc.constant(undefined)
        : fc
            .tuple(...poolNames.map(() => pool))
            .map((all) => ({ pools: Object.fromEntries(all.map((one, index) => [poolNames[index]!, one])) }));
    return fc
      .record({
        document: fc.record({
          groups: groupNames ? groups(groupNames) : fc.constant(undefined),
          disks: diskNames.length === 0 ? fc.constant(undefined) : disksOf(diskNames),
          volumes: maybe(fc.dictionary(name, volume(diskNames), { maxKeys: 2 })),
          network: pools,
        }),
        board,
      })
      .chain(({ document, board }) => {
        const known = groupNames ?? ["data", "root", "platform", "app"];
        const containers = names.map((folder, index) =>
          containerOf(folder, {
            groups: known,
            disks: diskNames,
            pools: poolNames,
            offers: services,
            mine: index === 0 ? services : [],
          }),
        );
        return fc.tuple(...containers).map((parts) => ({
          device: document,
          groups: known,
          state: composeState(device(document), board, ...parts),
        }));
      });
  });

/** Text from which trouble is made: words that a device reads, JSON that looks like documents, odd characters. */
const trouble = fc.oneof(
  fc.constantFrom(
    "name",
    "timeout",
    "status_goal",
    "groups",
    "disks",
    "volumes",
    "type",
    "device.json",
    "bsp/run.json",
    "#spec",
    "linux",
    "initrd",
    "required",
    "persistence",
    "disk",
    "[q,r]",
    "{",
    '"',
    "\\",
    "café",
    "",
    "pvs@2",
    "groups.json",
    "services",
  ),
  fc.string(),
  word,
);
const anything = fc.oneof(
  { maxDepth: 3 },
  trouble,
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(trouble, { maxLength: 3 }),
  fc.dictionary(trouble, trouble, { maxKeys: 3 }),
  fc.array(fc.dictionary(trouble, fc.oneof(trouble, fc.array(trouble, { maxLength: 2 })), { maxKeys: 3 }), {
    maxLength: 3,
  }),
);

/** Documents that are almost right: one of the members that a device reads, or another, holds anything. */
export const careless: fc.Arbitrary<() => State> = firmware.chain(({ device: document, groups }) =>
  fc
    .record({
      deviceMembers: fc.dictionary(
        fc.constantFrom("groups", "disks", "disks_v2", "disks_v3", "volumes", "network", "other", "aa"),
        anything,
        { maxKeys: 2 },
      ),
      groupMember: maybe(
        fc.tuple(
          fc.constantFrom("name", "status_goal", "timeout", "restart_policy", "auto_recovery", "description", "aa"),
          anything,
        ),
      ),
      run: fc.dictionary(
        fc.oneof(
          fc.constantFrom(
            "name",
            "type",
            "group",
            "runlevel",
            "roles",
            "auto_recovery",
            "network",
            "volumes",
            "logs",
            "storage",
            "drivers",
            "services",
            "exports",
            "status_goal",
            "groupa",
            "typex",
            "share",
          ),
          trouble,
        ),
        anything,
        { maxKeys: 3 },
      ),
      board: fc.dictionary(
        fc.constantFrom(
          "linux",
          "initrd",
          "fdt",
          "fit",
          "rpiab",
          "addons",
          "modules",
          "firmware",
          "initrd_config",
          "aa",
        ),
        fc.oneof(trouble, anything),
        { maxKeys: 4 },
      ),
      documents: fc.dictionary(
        fc.constantFrom("services.json", "src.json", "x.json", "drivers.json", "run.json", "a/run.json", "odd"),
        anything,
        { maxKeys: 2 },
      ),
      objects: fc.dictionary(
        fc.oneof(fc.constantFrom("root.squashfs", "a/run.json", "run", "../x", "run.json", "services.json"), trouble),
        fc.oneof({ weight: 3, arbitrary: objectId }, { weight: 1, arbitrary: trouble }),
        { maxKeys: 3 },
      ),
      folder: fc.oneof({ weight: 3, arbitrary: name }, { weight: 1, arbitrary: trouble }),
      where: fc.constantFrom("device", "group", "folder", "run", "documents", "objects", "board", "board files"),
    })
    .map((given) => () => {
      const only = <K extends keyof typeof given>(where: string, member: K): (typeof given)[K] | undefined =>
        given.where === where ? given[member] : undefined;
      const own = { ...document, ...only("device", "deviceMembers") } as { groups?: GroupDocument[] };
      const odd = only("group", "groupMember");
      if (odd && Array.isArray(own.groups)) {
        own.groups = own.groups.map((group, index) => (index === 0 ? { ...group, [odd[0]]: odd[1] } : group));
      }
      const web = { name: only("folder", "folder") ?? "web", type: "lxc", group: groups[0], ...only("run", "run") };
      const board = { linux: "k", initrd: "i", ...only("board", "board") };
      const parts = [
        device(own as DeviceDocument),
        container(
          web as never,
          (only("objects", "objects") ?? {}) as never,
          (only("documents", "documents") ?? {}) as never,
        ),
        bsp(
          board as never,
          (only("board files", "objects") ?? {}) as never,
          (only("board files", "documents") ?? {}) as never,
        ),
      ];
      return composeState(...parts);
    }),
);
