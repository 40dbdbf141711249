import type { Command } from "../command.ts";

const sourceOptions: NonNullable<Command["options"]> = [
  ["--from <source>", "an image, a root file system (folder, tar, URL), or a pvr source with #part", "PVR_FROM"],
  ["--source <places>", "where images are looked for: remote, local; remote,local unless given", "PVR_SOURCE"],
  ["-t, --type <type>", "docker (default), rootfs or pvr", "PVR_SOURCE_TYPE"],
  ["--platform <platform>", "os/architecture[/variant]", "PVR_PLATFORM"],
  ["-u, --username <name>", "for the registry; docker's own logins unless given", "PVR_REGISTRY_USERNAME"],
  ["-p, --password <password>", "for the registry", "PVR_REGISTRY_PASSWORD"],
  [
    "-o, --format-options <words>",
    "options of mksquashfs, as one word: --format-options='-comp xz'",
    "PVR_FORMAT_OPTIONS",
  ],
  ["--config-json <file>", "config of a root file system, as an image would have it", "PVR_CONFIG_JSON"],
  ["--base <app>", "pack only what differs from the root of that container", "PVR_APP_ADD_BASE"],
];

const settings: NonNullable<Command["options"]> = [
  ["--group <name>", "group that it starts in", "PVR_GROUP"],
  ["--runlevel <name>", "the old name for groups", "PVR_RUNLEVEL"],
  ["--restart-policy <policy>", "system or container", "PVR_RESTART_POLICY"],
  ["--status-goal <goal>", "MOUNTED, STARTED or READY", "PVR_STATUS_GOAL"],
  ["--arg... <key=value>", "argument of the template; may be repeated [PVR_TEMPLATE_ARG]"],
  ["--arg-json <file>", "arguments of the template as an object, of any type"],
  ["--config... <key=value>", "over the image's config: --config=Entrypoint=/bin/web; may be repeated"],
  ["--volume... <path:persistence>", "folder that holds data: permanent, revision or boot [PVR_PERSISTENCE_VOLUME]"],
  ["--force", "replace a container that is there"],
];

/** Containers of the work tree, and their dm-verity. */
export const containerCommands: readonly Command[] = [
  {
    name: "app add",
    summary: "make a container of an image, a root file system or a part of another revision",
    args: "<app>",
    options: [...sourceOptions, ...settings],
    examples: [
      "pvsdk app add --from nginx:1.27 --platform linux/arm64 --group app web",
      "pvsdk app add --type rootfs --from ./rootfs --volume /var/log:revision os",
      "pvsdk app add --type pvr --from https://pvr.pantahub.com/user/device#web web",
    ],
    failure: 3,
    failures: { USAGE: 2 },
    load: () => import("./app/add.ts"),
  },
  {
    name: "app update",
    summary: "fetch a container's source again, or another one; its settings stay",
    args: "<app>",
    options: [
      ...sourceOptions,
      ["--patch", "pack only what differs from the root that is there"],
      ["--newbase", "pack all of it again"],
    ],
    examples: ["pvsdk app update web", "pvsdk app update --from nginx:1.28 --patch web"],
    failure: 3,
    failures: { USAGE: 2 },
    load: () => import("./app/update.ts"),
  },
  {
    name: "app install",
    summary: "make the files of a container anew from its src.json",
    args: "<app>",
    options: sourceOptions.filter(([flags]) => !/--from|--platform|--format|--config/.test(flags)),
    failure: 3,
    failures: { USAGE: 2 },
    load: () => import("./app/install.ts"),
  },
  {
    name: "app rm",
    aliases: ["remove"],
    summary: "delete a container's folder",
    args: "<app>",
    failure: 3,
    failures: { USAGE: 2 },
    load: () => import("./app/rm.ts"),
  },
  { name: "app ls", summary: "list the containers", failure: 3, load: () => import("./app/ls.ts") },
  {
    name: "app info",
    summary: "show a container's src.json",
    args: "<app>",
    failure: 3,
    failures: { USAGE: 2 },
    load: () => import("./app/info.ts"),
  },
  {
    name: "lock",
    summary: "ask every source again, and write pv.lock.json: what the committed containers are made of",
    options: [
      ["--frozen", "write nothing; fail, and say what, where anything is not as pv.lock.json says"],
      ["--offline", "ask no source: what each src.json says counts"],
    ],
    examples: ["pvsdk lock", "pvsdk lock --frozen"],
    load: () => import("./lock.ts"),
  },
  {
    name: "dm-convert",
    summary: "protect a volume of a container with dm-verity",
    args: "<app> <volume>",
    examples: ["pvsdk dm-convert web root.squashfs"],
    failure: 4,
    failures: { USAGE: 3 },
    load: () => import("./dm-convert.ts"),
  },
  {
    name: "dm-apply",
    summary: "make the hash trees of protected volumes anew",
    args: "[prefix]",
    failure: 4,
    load: () => import("./dm-apply.ts"),
  },
];
