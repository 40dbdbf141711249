import { containerInvalid } from "../container-invalid.ts";
import { type Arguments, argumentsOf } from "./arguments.ts";
import { goText, isList } from "./go-text.ts";
import { exactInitCommand, initCommand } from "./init-command.ts";
import { lxcValue, mountField, mountTarget, oneLine } from "./lxc-value.ts";
import { isTrue, itemsOf, pairsOf, type TemplateInput, volumeImport, volumesOf } from "./template-input.ts";

/** Lines of lxc.container.conf, each checked on its way in unless pvr's bytes are wanted. */
interface Lines {
  lines: string[];
  /** `key = value`. */
  put(key: string, value: string, option: string): void;
  /** `lxc.mount.entry`. */
  mount(from: string, target: string, type: string, options: string, option: string): void;
  /** Text as it stands. */
  raw(line: string): void;
}

function linesOf({ name, compat }: TemplateInput): Lines {
  const lines: string[] = [];
  const raw = (line: string): void => void lines.push(line);
  if (compat) {
    return {
      lines,
      raw,
      put: (key, value) => raw(`${key} = ${value}`),
      mount: (from, target, type, options) => raw(`lxc.mount.entry = ${from} ${target} ${type} ${options} 0 0`),
    };
  }
  return {
    lines,
    raw,
    put: (key, value, option) => raw(`${key} = ${lxcValue(name, value, option)}`),
    mount(from, target, type, options, option) {
      if (!/^[A-Za-z0-9_.:,=/-]+$/.test(options))
        throw containerInvalid(name, option, `${option} has bad mount options`);
      raw(
        `lxc.mount.entry = ${mountField(name, from, option)} ${mountTarget(name, target, option)} ${type} ${options} 0 0`,
      );
    },
  };
}

/**
 * The text of lxc.container.conf (spec: pvr's template `builtin-lxc-docker`, state of 2023-02), each line ended by LF.
 *
 * @throws `PvError` `CONTAINER_INVALID` when a value is of the wrong kind or cannot be written.
 */
export function lxcConfig(input: TemplateInput): string {
  const { compat } = input;
  const args = argumentsOf(input);
  const out = linesOf(input);
  basics(input, args, out);
  process(input, args, out);
  standardMounts(input, args, out);
  capabilities(input, args, out);
  network(input, args, out);
  if (args.has("PV_LXC_EXTRA_CONF")) out.raw(compat ? goText(input.args, "PV_LXC_EXTRA_CONF") : extraConf(input, args));
  sharedMounts(input, args, out);
  return `${out.lines.join("\n")}\n`;
}

function basics(input: TemplateInput, args: Arguments, { put, raw }: Lines): void {
  const { name, source, compat } = input;
  put("lxc.tty.max", args.text("LXC_TTY_MAX", "8"), "args.LXC_TTY_MAX");
  put("lxc.pty.max", args.text("LXC_PTY_MAX", "1024"), "args.LXC_PTY_MAX");
  if (args.flag("PV_DEBUG_MODE")) put("lxc.log.file", `/pv/logs/${name}.log`, "name");
  const allowed = args.list("PVR_LXC_CGROUP_DEVICES_WHITE");
  if (allowed.length > 0) put("lxc.cgroup.devices.deny", "a", "");
  for (const device of allowed.length > 0 ? allowed : ["a"])
    put("lxc.cgroup.devices.allow", device, "args.PVR_LXC_CGROUP_DEVICES_WHITE");
  for (const limit of args.list("PVR_LXC_CGROUP_V1")) {
    if (!compat && !/^[A-Za-z0-9_.]+\s*=\s*\S/.test(oneLine(name, limit, "args.PVR_LXC_CGROUP_V1"))) {
      throw containerInvalid(name, "args.PVR_LXC_CGROUP_V1", "an item must read like memory.limit_in_bytes = 64M");
    }
    raw(`lxc.cgroup.${limit}`);
  }
  const overlay = isTrue(source.docker_ovl_digest) ? `/volumes/${name}/root.ovl.squashfs:` : "";
  const root = `/volumes/${source.base ?? name}/root.squashfs`;
  raw(`lxc.rootfs.path = overlayfs:${overlay}${root}:/volumes/${name}/lxc-overlay/upper`);
}

function process(input: TemplateInput, args: Arguments, { put, raw }: Lines): void {
  const { name, image, compat } = input;
  raw(`lxc.init.cmd =${compat ? exactInitCommand(input) : ` ${initCommand(input)}`}`);
  if (isTrue(image["WorkingDir"])) {
    if (isList(image["WorkingDir"])) throw containerInvalid(name, "config.WorkingDir", "WorkingDir must be text");
    put("lxc.init.cwd", goText(image, "WorkingDir"), "config.WorkingDir");
  }
  if (isTrue(image["Env"])) {
    const items = itemsOf(image["Env"]);
    if (!items || (!compat && !isList(image["Env"])))
      throw containerInvalid(name, "config.Env", "Env must be a list of texts");
    for (const [parent, at] of items) environment(input, goText(parent, at), "config.Env", put);
  }
  for (const item of args.list("PV_LXC_EXTRA_ENV")) environment(input, item, "args.PV_LXC_EXTRA_ENV", put);
  if (args.has("PV_LXC_NAMESPACE_KEEP")) {
    put("lxc.namespace.keep", args.text("PV_LXC_NAMESPACE_KEEP", ""), "args.PV_LXC_NAMESPACE_KEEP");
  } else {
    const type = networkType(input, args);
    raw(`lxc.namespace.keep = user${type === undefined || type === "host" ? "  net" : ""}  ipc`);
  }
  if (args.flag("PV_LXC_DISABLE_CONSOLE")) put("lxc.console.path", "none", "");
  const mounts = [
    args.text("LXC_MOUNT_AUTO_PROC", "proc"),
    args.text("LXC_MOUNT_AUTO_SYS", "sys:rw"),
    args.text("LXC_MOUNT_AUTO_GROUP", "cgroup"),
  ];
  put("lxc.mount.auto", mounts.join("  "), "args.LXC_MOUNT_AUTO");
  if (args.flag("PV_DISABLE_AUTODEV")) put("lxc.autodev", "0", "");
}

/** An empty value would make lxc forget all variables before it. */
function environment({ compat }: TemplateInput, item: string, option: string, put: Lines["put"]): void {
  if (compat || item.trim() !== "") put("lxc.environment", item, option);
}

function standardMounts(input: TemplateInput, args: Arguments, { mount }: Lines): void {
  const bind = "bind,rw,create=dir";
  const fixed = [
    ["PV_SECURITY_FULLDEV", "/dev/", "dev"],
    ["PV_SECURITY_WITH_HOST", "/", "host"],
    ["PV_SECURITY_WITH_HOSTPROC", "/proc/", "host/proc"],
    ["PV_SECURITY_WITH_STORAGE", "/storage", "storage"],
  ] as const;
  for (const [key, from, target] of fixed) if (args.flag(key)) mount(from, target, "none", bind, `args.${key}`);
  if (!args.flag("PV_RESOLV_CONF_DISABLE")) {
    const path = args.text("PV_RESOLV_CONF_PATH", "etc/resolv.conf");
    mount("/etc/resolv.conf", path, "none", "bind,rw,create=file", "args.PV_RESOLV_CONF_PATH");
  }
  if (!args.flag("PV_RUN_TMPFS_DISABLE")) {
    const path = args.text("PV_RUN_TMPFS_PATH", "run");
    mount("tmpfs", path, "tmpfs", "rw,nodev,relatime,create=dir,mode=755", "args.PV_RUN_TMPFS_PATH");
  }
  for (const { path, storage } of volumesOf(input))
    mount(`/volumes/${input.name}/${storage}`, path.replace(/^\//, ""), "none", bind, `volumes.${path}`);
}

function capabilities({ name, compat }: TemplateInput, args: Arguments, { put }: Lines): void {
  for (const verb of ["drop", "keep"] as const) {
    const key = `PV_LXC_CAP_${verb.toUpperCase()}`;
    for (const item of args.list(key, true)) {
      // lxc knows the names without the prefix that Docker and libcap write.
      const capability = compat ? item.toLowerCase() : item.toLowerCase().replace(/^cap_/, "");
      if (!compat && !/^[a-z0-9_]+$/.test(capability))
        throw containerInvalid(name, `args.${key}`, `${JSON.stringify(item)} is no capability`);
      put(`lxc.cap.${verb}`, capability, `args.${key}`);
    }
  }
}

/** `PV_LXC_NETWORK_TYPE`, undefined where it is not given. */
function networkType({ name, args: values, compat }: TemplateInput, args: Arguments): string | undefined {
  if (!args.has("PV_LXC_NETWORK_TYPE")) return undefined;
  const value = values["PV_LXC_NETWORK_TYPE"];
  if (typeof value !== "string" && typeof value !== "number")
    throw containerInvalid(name, "args.PV_LXC_NETWORK_TYPE", "PV_LXC_NETWORK_TYPE must be text");
  const type = args.text("PV_LXC_NETWORK_TYPE", "");
  if (!compat && !["host", "none", "empty", "phys", "veth"].includes(type)) {
    const hint = "one of host, none, empty, phys, veth";
    throw containerInvalid(name, "args.PV_LXC_NETWORK_TYPE", `there is no network type ${JSON.stringify(type)}`, hint);
  }
  return type;
}

function network(input: TemplateInput, args: Arguments, { put, raw }: Lines): void {
  const { name, compat } = input;
  const type = networkType(input, args);
  if (type === "empty" || type === "phys" || type === "veth") {
    // The runtime refuses a container of a pool that brings interfaces of its own.
    if (!compat && args.has("PV_NETWORK_POOL"))
      throw containerInvalid(
        name,
        "args.PV_LXC_NETWORK_TYPE",
        "a container of a network pool cannot have its own network",
      );
    put("lxc.net.0.type", type, "");
  }
  if (type === "phys") {
    const link = goText(input.args, "PV_LXC_NETWORK_LINK");
    // pvr forgets the blank, and prints "<no value>" for a link that is not given.
    if (compat) raw(`lxc.net.0.link =${link}`);
    else if (!/^[^\s/]{1,15}$/.test(args.text("PV_LXC_NETWORK_LINK", "")))
      throw containerInvalid(
        name,
        "args.PV_LXC_NETWORK_LINK",
        "a physical network needs PV_LXC_NETWORK_LINK, an interface",
      );
    else put("lxc.net.0.link", link, "args.PV_LXC_NETWORK_LINK");
  }
  if (type !== "veth") return;
  put("lxc.net.0.link", "lxcbr0", "");
  put("lxc.net.0.flags", "up", "");
  if (!args.has("PV_LXC_NETWORK_IPV4_ADDRESS")) return;
  const address = "PV_LXC_NETWORK_IPV4_ADDRESS";
  const gateway = "PV_LXC_NETWORK_IPV4_GATEWAY";
  put("lxc.net.0.ipv4.address", args.text(address, ""), `args.${address}`);
  put("lxc.net.0.ipv4.gateway", args.has(gateway) ? args.text(gateway, "") : "auto", `args.${gateway}`);
}

/** Own lines of the file: settings or comments, nothing that lxc would stumble over. */
function extraConf({ name }: TemplateInput, args: Arguments): string {
  const text = args.text("PV_LXC_EXTRA_CONF", "").replace(/\n+$/, "");
  const bad = text.split("\n").find((line) => !/^\s*(?:$|#|lxc\.[A-Za-z0-9_.]+\s*=)/.test(line) || /[\r\0]/.test(line));
  if (bad === undefined) return text;
  throw containerInvalid(
    name,
    "args.PV_LXC_EXTRA_CONF",
    `${JSON.stringify(bad.slice(0, 80))} is no setting of lxc`,
    "each line reads lxc.key = value",
  );
}

function sharedMounts(input: TemplateInput, args: Arguments, { mount }: Lines): void {
  const { name } = input;
  const pairs = (key: string): [string, string][] => (args.has(key) ? pairsOf(args.csv(key)) : []);
  for (const [from, target] of pairs("PV_FILEIMPORTS"))
    mount(`/exports/${from}`, target, "none", "bind,rw,create=file", "args.PV_FILEIMPORTS");
  for (const [volume, target] of pairs("PV_IMPORT_CONFIGVOLUMES")) {
    const options = "bind,rw,create=dir,optional,noexec";
    mount(`/volumes/${volume}/${name}`, target, "none", options, "args.PV_IMPORT_CONFIGVOLUMES");
  }
  for (const [volume, target] of pairs("PV_VOLUME_MOUNTS"))
    mount(`/volumes/${name}/${volume}`, target, "none", "bind,rw,create=dir", "args.PV_VOLUME_MOUNTS");
  for (const item of args.list("PV_VOLUME_IMPORTS", true)) {
    const { container, from, target, option } = volumeImport(item);
    if (target === undefined)
      throw containerInvalid(
        name,
        "args.PV_VOLUME_IMPORTS",
        `${JSON.stringify(item)} must read container:volume:target`,
      );
    mount(
      `/volumes/${container}/${from}`,
      target.replace(/^\//, ""),
      "none",
      `bind,${option ?? "rw"},create=dir`,
      "args.PV_VOLUME_IMPORTS",
    );
  }
}
