import { join } from "node:path";
import { parseArgs } from "node:util";

/** What the command line may say. */
export interface GatewayOptions {
  out: string;
  /** Where the developer CA is kept. */
  keys: string;
  platformRootfs?: string | undefined;
  kernel?: string | undefined;
  initrd?: string | undefined;
  busybox?: string | undefined;
  /** Take mqtt-broker from this image instead. */
  registry?: string | undefined;
  /** Build only what `pv.lock.json` says. */
  frozen?: boolean | undefined;
  help: boolean;
}

export const usage = `Builds a complete IoT gateway: bsp, platform, tailscale, modbus, mqtt-broker, edge-app.

  npm run quickstart -- [options]

  --platform-rootfs FILE   a root file system (tar, plain or compressed) for the platform container
  --kernel FILE            a kernel instead of the stand-in
  --initrd FILE            a Pantavisor initramfs instead of the stand-in
  --busybox FILE           a static busybox, put into every container so that the tree can be booted
  --registry REF           take mqtt-broker from this image of a registry (linux/arm64)
  --frozen                 build only what pv.lock.json in the output folder says, or fail
  --out FOLDER             where the results go (default: out)
  --keys FOLDER            where the developer CA is kept (default: examples/gateway/keys)`;

/** Reads the command line; a mistake in it is a `TypeError` that says which. */
export function readOptions(args: readonly string[]): GatewayOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      "platform-rootfs": { type: "string" },
      kernel: { type: "string" },
      initrd: { type: "string" },
      busybox: { type: "string" },
      registry: { type: "string" },
      frozen: { type: "boolean", default: false },
      out: { type: "string", default: "out" },
      keys: { type: "string", default: join(import.meta.dirname, "keys") },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  return {
    out: values.out,
    keys: values.keys,
    platformRootfs: values["platform-rootfs"],
    kernel: values.kernel,
    initrd: values.initrd,
    busybox: values.busybox,
    registry: values.registry,
    frozen: values.frozen,
    help: values.help,
  };
}
