import * as z from "zod/mini";
import type { Documents } from "../parse-document.ts";

/**
 * The shapes of documents, as types in this folder say them. Made when the first document is read, so that whoever
 * reads none carries no schema library.
 */
export type Schemas = { [K in keyof Documents]: z.ZodMiniType };

let made: Schemas | undefined;

/** All schemas. */
export function schemas(): Schemas {
  made ??= make();
  return made;
}

function make(): Schemas {
  const text = z.string();
  const texts = z.array(text);
  const number = z.number();
  const object = z.record(text, z.unknown());
  const optional = <T extends z.ZodMiniType>(type: T): z.ZodMiniOptional<T> => z.optional(type);
  const goal = z.enum(["MOUNTED", "STARTED", "READY"]);
  const policy = z.enum(["system", "container"]);
  const recovery = z.looseObject({
    policy: z.enum(["no", "always", "on-failure", "unless-stopped"]),
    max_retries: optional(number),
    retry_delay: optional(number),
    backoff_factor: optional(number),
    reset_window: optional(number),
    stable_timeout: optional(number),
    backoff_policy: optional(text),
  });
  const volumes = z.record(
    text,
    z.looseObject({ persistence: z.enum(["permanent", "revision", "boot"]), disk: optional(text) }),
  );
  const serviceType = z.enum(["unix", "rest", "dbus", "drm", "wayland", "input"]);
  const needs = z.array(
    z.looseObject({
      name: text,
      type: serviceType,
      target: optional(text),
      interface: optional(text),
      role: optional(text),
    }),
  );
  const offers = z.array(
    z.looseObject({
      name: text,
      type: serviceType,
      socket: optional(text),
      owns: optional(text),
      bus: optional(text),
      role: optional(text),
      allow: optional(texts),
    }),
  );
  const disks = z.array(object);
  const config = z.looseObject({
    Entrypoint: optional(texts),
    Cmd: optional(texts),
    Env: optional(texts),
    WorkingDir: optional(text),
    Volumes: optional(z.record(text, object)),
  });
  return {
    "device.json": z.looseObject({
      groups: optional(
        z.array(
          z.looseObject({
            name: text,
            status_goal: optional(goal),
            restart_policy: optional(policy),
            timeout: optional(number),
            auto_recovery: optional(recovery),
            description: optional(text),
          }),
        ),
      ),
      disks: optional(disks),
      disks_v2: optional(disks),
      disks_v3: optional(disks),
      volumes: optional(volumes),
      network: optional(object),
    }),
    "bsp/run.json": z.looseObject({
      linux: optional(text),
      initrd: optional(text),
      fdt: optional(text),
      fit: optional(text),
      rpiab: optional(text),
      addons: optional(texts),
      modules: optional(text),
      firmware: optional(text),
    }),
    "bsp/drivers.json": z.looseObject({ all: optional(z.record(text, texts)) }),
    "run.json": z.looseObject({
      name: text,
      type: z.literal("lxc"),
      config: optional(text),
      "root-volume": optional(text),
      volumes: optional(texts),
      storage: optional(volumes),
      exports: optional(texts),
      runlevel: optional(text),
      automodfw: optional(text),
      "dev-log": optional(z.boolean()),
      group: optional(text),
      restart_policy: optional(policy),
      status_goal: optional(goal),
      roles: optional(texts),
      auto_recovery: optional(recovery),
      drivers: optional(
        z.looseObject({ required: optional(texts), optional: optional(texts), manual: optional(texts) }),
      ),
      network: optional(object),
      logs: optional(z.array(object)),
      services: optional(z.looseObject({ required: optional(needs), optional: optional(needs) })),
    }),
    "services.json": z.looseObject({ services: offers }),
    "mdev.json": z.looseObject({ rules: texts }),
    "args.json": object,
    "config.json": config,
    "src.json": z.looseObject({
      "#spec": z.literal("service-manifest-src@1"),
      template: optional(text),
      base: optional(text),
      name: optional(text),
      args: optional(object),
      dm_enabled: optional(z.record(text, z.boolean())),
      logs: optional(z.array(object)),
      exports: optional(texts),
      config: optional(config),
      docker_name: optional(text),
      docker_tag: optional(text),
      docker_digest: optional(text),
      docker_ovl_digest: optional(text),
      docker_source: optional(text),
      docker_config: optional(object),
      docker_platform: optional(text),
      format_options: optional(text),
      pvr: optional(text),
      rootfs_url: optional(text),
      rootfs_digest: optional(text),
      persistence: optional(z.record(text, text)),
    }),
    "pvpkg.json": z.looseObject({
      name: text,
      version: text,
      arch: optional(text),
      description: optional(text),
      license: optional(text),
      url: optional(text),
      package_url: optional(text),
      src_extra: optional(z.looseObject({ args: optional(object) })),
    }),
    _sigs: z.looseObject({
      "#spec": z.literal("pvs@2"),
      protected: text,
      signature: text,
      header: optional(object),
    }),
  };
}
