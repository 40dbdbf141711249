import { describe, expect, it } from "vitest";
import { renderContainer, type SourceDocument } from "../../src/container/index.ts";
import { isPvError, type JsonObject, type JsonValue } from "../../src/core/index.ts";
import { canonicalJson } from "../../src/state/index.ts";
import { casesOf, replay } from "./replay.ts";

const template = "builtin-lxc-docker";
const render = (source: SourceDocument, groups?: string[]): { conf: string; run: JsonObject } => {
  const files = renderContainer("web", { template, ...source }, { groups });
  return { conf: files["lxc.container.conf"] ?? "", run: JSON.parse(files["run.json"]) };
};

function refusal(source: SourceDocument): string {
  try {
    render(source);
  } catch (error) {
    if (isPvError(error, "CONTAINER_INVALID")) return error.data.option;
    throw error;
  }
  return "taken";
}

const text = (value: JsonValue | undefined): string | undefined =>
  value === undefined ? undefined : canonicalJson(value);

/** Members and lines that differ between pvr's bytes and ours. */
function differences(before: JsonObject, after: JsonObject): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys]
    .filter((key) => text(before[key]) !== text(after[key]))
    .map((key) => `run.json ${key}: ${JSON.stringify(before[key])} -> ${JSON.stringify(after[key])}`);
}

describe("correct output by default", () => {
  it("differs from pvr's in what docs/compatibility.md lists, and in nothing else", () => {
    const found: Record<string, string[]> = {};
    for (const kind of ["docker", "rootfs"] as const) {
      for (const one of casesOf(kind)) {
        if (one.name.startsWith("d31")) continue;
        const { sources, groups } = replay(one);
        for (const app of one.app) {
          const [theirs, ours] = (["pvr-2023", undefined] as const).map((compat) =>
            renderContainer(app, sources.get(app)!, { compat, groups }),
          );
          const lines = [theirs!, ours!].map((files) => (files["lxc.container.conf"] ?? "").split("\n"));
          const changes = [
            ...differences(JSON.parse(theirs!["run.json"]), JSON.parse(ours!["run.json"])),
            ...lines[0]!.filter((line) => !lines[1]!.includes(line)).map((line) => `- ${line}`),
            ...lines[1]!.filter((line) => !lines[0]!.includes(line)).map((line) => `+ ${line}`),
          ];
          if (changes.length > 0) found[one.name] = changes;
          expect(theirs!["src.json"]).toBe(ours!["src.json"]);
        }
      }
    }
    expect(found).toEqual({
      "d02-full-config": [
        '- lxc.init.cmd = /entry.sh "--mode" "prod" "serve""--port""80"',
        '+ lxc.init.cmd = /entry.sh "--mode" "prod" "serve" "--port" "80"',
      ],
      "d03-quoting": [
        '- lxc.init.cmd = /bin/sh "-c" "echo "hi $USER" && sleep 1""a b""""it\'s""back\\slash""<&>"',
        "- lxc.environment = TRAIL=x ",
        '+ lxc.init.cmd = /bin/sh "-c" "echo \\"hi $USER\\" && sleep 1" "a b" "" "it\'s" "back\\slash" "<&>"',
        '+ lxc.environment = "TRAIL=x "',
      ],
      "d08-runlevel-data": ['run.json type: undefined -> "lxc"'],
      "d09-status-mounted": ['run.json type: undefined -> "lxc"'],
      "d12-security": ["- lxc.net.0.link =eth1", "+ lxc.net.0.link = eth1"],
      "d26-falsy-args": [
        "- lxc.mount.entry = / host none bind,rw,create=dir 0 0",
        "- lxc.mount.entry = /storage storage none bind,rw,create=dir 0 0",
      ],
      "r02-targz-config": ['- lxc.init.cmd = /sbin/init "--one""--two"', '+ lxc.init.cmd = /sbin/init "--one" "--two"'],
    });
  });

  it("names type always, and config wherever the container is started", () => {
    const mounted = render({
      args: { PV_STATUS_GOAL: "MOUNTED", PV_ROLES: ["mgmt"] },
      exports: ["/x"],
      logs: [{ a: "b" }],
    });
    expect(mounted.run).toMatchObject({ type: "lxc", roles: ["mgmt"], exports: ["/x"], logs: [{ a: "b" }] });
    expect([mounted.run["config"], mounted.conf]).toEqual([undefined, ""]);
    const started = render({ args: { PV_RUNLEVEL: "data", PV_STATUS_GOAL: "STARTED" } });
    expect(started.run).toMatchObject({ type: "lxc", config: "lxc.container.conf" });
    expect(started.conf).toContain("lxc.init.cmd = /sbin/init\n");
  });

  it("turns arguments of newer packages into run.json", () => {
    const need = { name: "mqtt", type: "unix", target: "/run/mqtt.sock" };
    const { run } = render({
      args: {
        PV_SERVICES_REQUIRED: [need],
        PV_SERVICES_OPTIONAL: "a, b",
        PV_AUTO_RECOVERY: { policy: "on-failure", max_retries: 3 },
        PV_NETWORK_POOL: "pvcnet",
        PV_NETWORK_IP: "10.0.3.7",
        PV_ROLES: "mgmt",
        PV_DRIVERS_REQUIRED: "wifi",
      },
    });
    expect(run).toMatchObject({
      services: { required: [need], optional: [{ name: "a" }, { name: "b" }] },
      auto_recovery: { policy: "on-failure", max_retries: 3 },
      network: { pool: "pvcnet", hostname: "web", ip: "10.0.3.7" },
      roles: ["mgmt"],
      drivers: { required: ["wifi"], optional: [], manual: [] },
    });
  });

  it("takes the last group where none is named", () => {
    expect(render({}, ["data", "app"]).run["group"]).toBe("app");
    expect(render({ args: { PV_RUNLEVEL: "root" } }, ["data", "app"]).run["group"]).toBeUndefined();
    expect(render({ args: { PV_GROUP: "data" } }, ["data", "app"]).run["group"]).toBe("data");
    expect(render({}).run["group"]).toBeUndefined();
  });

  it("escapes blanks in mount lines, drops a leading slash, keeps variables whole", () => {
    const { conf, run } = render({
      persistence: { "/var/my data": "permanent" },
      docker_config: { Env: ["A=1", "", '"Q=1"', " B=2"], WorkingDir: "/w " },
      args: { PV_RESOLV_CONF_PATH: "/run/resolv.conf", PV_LXC_CAP_DROP: ["CAP_SYS_ADMIN"] },
    });
    expect(conf).toContain("/volumes/web/docker--var-my\\040data var/my\\040data none bind,rw,create=dir 0 0\n");
    expect(conf).toContain("= /etc/resolv.conf run/resolv.conf none");
    expect(conf).toContain("lxc.cap.drop = sys_admin\n");
    expect(conf.match(/^lxc\.environment.*$/gm)).toEqual([
      "lxc.environment = A=1",
      'lxc.environment = ""Q=1""',
      'lxc.environment = " B=2"',
    ]);
    expect(conf).toContain('lxc.init.cwd = "/w "\n');
    expect(Object.keys(run["storage"] as object)).toEqual(["docker--var-my data", "lxc-overlay"]);
  });

  it("gives every volume with dm-verity its prefix", () => {
    const { run } = render({
      dm_enabled: { "root.squashfs": true, "data.squashfs": true },
      args: { PV_VOLUME_MOUNTS: "data.squashfs:mnt/data", PV_EXTRA_VOLUMES: "more.squashfs" },
    });
    expect([run["root-volume"], run["volumes"]]).toEqual(["dm:root.squashfs", ["more.squashfs", "dm:data.squashfs"]]);
  });
});

describe("refusals", () => {
  const injected = "x\nlxc.mount.entry = / host none bind 0 0";
  const texts = [
    ..."LXC_TTY_MAX LXC_PTY_MAX LXC_MOUNT_AUTO_PROC LXC_MOUNT_AUTO_SYS LXC_MOUNT_AUTO_GROUP".split(" "),
    ..."PV_LXC_NAMESPACE_KEEP PV_RESOLV_CONF_PATH PV_RUN_TMPFS_PATH".split(" "),
  ];
  const lists = "PVR_LXC_CGROUP_DEVICES_WHITE PVR_LXC_CGROUP_V1 PV_LXC_EXTRA_ENV PV_LXC_CAP_DROP PV_LXC_CAP_KEEP".split(
    " ",
  );
  const attacks: [string, SourceDocument][] = [
    ...["\n", "\r", "\0"].flatMap((end): [string, SourceDocument][] =>
      texts.map((key) => [`${key} with ${JSON.stringify(end)}`, { args: { [key]: `x${end}lxc.x = 1` } }]),
    ),
    ...lists.map((key): [string, SourceDocument] => [key, { args: { [key]: [injected] } }]),
    ...lists.map((key): [string, SourceDocument] => [`${key} as text`, { args: { [key]: injected } }]),
    ["Env", { docker_config: { Env: [injected] } }],
    ["WorkingDir", { docker_config: { WorkingDir: injected } }],
    ["a volume of the image", { docker_config: { Volumes: { [injected]: {} } } }],
    ["a volume", { persistence: { [injected]: "permanent" } }],
    ["a disk", { persistence: { "/x": "permanent@a\nb" } }],
    ["PV_FILEIMPORTS", { args: { PV_FILEIMPORTS: `a\nb:c` } }],
    ["PV_VOLUME_IMPORTS", { args: { PV_VOLUME_IMPORTS: [`c:/v:/d:ro\nlxc.x = 1`] } }],
    ["mount options", { args: { PV_VOLUME_IMPORTS: ["c:/v:/d:rw /host none"] } }],
    ["veth", { args: { PV_LXC_NETWORK_TYPE: "veth", PV_LXC_NETWORK_IPV4_ADDRESS: injected } }],
    ["phys", { args: { PV_LXC_NETWORK_TYPE: "phys", PV_LXC_NETWORK_LINK: "a\nb" } }],
    ["a setting that is none", { args: { PV_LXC_EXTRA_CONF: "lxc.a = 1\nnonsense" } }],
    ["a carriage return in settings", { args: { PV_LXC_EXTRA_CONF: "lxc.a = 1\r\nlxc.b = 2" } }],
  ];
  it.each(attacks)("no line is injected: %s", (_, source) =>
    expect(refusal(source)).toMatch(/^(?:args|config|volumes)\./),
  );

  it.each<[string, SourceDocument, string]>([
    ["another template", { template: "x" }, "template"],
    ["a group that is no text", { args: { PV_GROUP: 1 } }, "args.PV_GROUP"],
    ["a group and a run level", { args: { PV_GROUP: "app", PV_RUNLEVEL: "app" } }, "args.PV_RUNLEVEL"],
    ["an unknown goal", { args: { PV_STATUS_GOAL: "Ready" } }, "args.PV_STATUS_GOAL"],
    ["an unknown policy", { args: { PV_RESTART_POLICY: "always" } }, "args.PV_RESTART_POLICY"],
    ["an unknown persistence", { persistence: { "/x": "forever" } }, "volumes./x"],
    ["two volumes in one storage", { persistence: { "/a/b": "boot", "/a-b": "boot" } }, "volumes./a/b"],
    ["a volume outside", { persistence: { "/../x": "boot" } }, "volumes./../x"],
    ["a volume over the root", { persistence: { "/": "boot" } }, "volumes."],
    ["a volume without an ending", { args: { PV_EXTRA_VOLUMES: "data" } }, "args.PV_EXTRA_VOLUMES"],
    ["a network type that is none", { args: { PV_LXC_NETWORK_TYPE: "bridge" } }, "args.PV_LXC_NETWORK_TYPE"],
    ["no link", { args: { PV_LXC_NETWORK_TYPE: "phys" } }, "args.PV_LXC_NETWORK_LINK"],
    [
      "a pool and an own network",
      { args: { PV_NETWORK_POOL: "p", PV_LXC_NETWORK_TYPE: "veth" } },
      "args.PV_LXC_NETWORK_TYPE",
    ],
    ["a switch that is a list", { args: { PV_DEBUG_MODE: ["x"] } }, "args.PV_DEBUG_MODE"],
    ["a text that is a list", { args: { LXC_TTY_MAX: ["8"] } }, "args.LXC_TTY_MAX"],
    ["an unnamed service", { args: { PV_SERVICES_REQUIRED: [{ type: "unix" }] } }, "args.PV_SERVICES_REQUIRED"],
    ["variables that are no list", { docker_config: { Env: { A: "1" } } }, "config.Env"],
  ])("%s", (_, source, option) => expect(refusal(source)).toBe(option));

  it.each(["", "bsp", "_config", "..", ".x", "a/b", "a b", "a:b", "a,b", "a\nb", "device.json", "é", "a\\b"])(
    "the name %j",
    (name) => expect(() => renderContainer(name, { template })).toThrow(/name/),
  );
});
