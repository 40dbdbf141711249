import {
  type ByteStream,
  compose,
  type FileSpec,
  files,
  overlay,
  type Source,
  type StatePart,
  type Tree,
  writeExport,
  writeTar,
} from "@pv/sdk";
import { createContainer, type ImageConfig } from "@pv/sdk/container";

/**
 * The inputs that a real project has as files, made here so that the quickstart needs nothing: a kernel, an initramfs,
 * a platform root file system as a tar, and a prebuilt package.
 */

/** A program that tells its name and then waits, as a container's init must. */
function daemon(name: string): FileSpec {
  return { mode: 0o755, content: `#!/bin/sh\necho "${name} is running"\nwhile :; do sleep 60; done\n` };
}

/** Bytes that stand in for a kernel or an initramfs: recognisable, and not bootable. */
export function standIn(name: string, sizeBytes: number): Uint8Array {
  const line = new TextEncoder().encode(`${name}: a stand-in; give the real one with --${name}\n`);
  return Uint8Array.from({ length: sizeBytes }, (_, at) => line[at % line.length]!);
}

/** With a static busybox, a tree gets a shell and the commands its scripts use; without one, it stays as it is. */
export function withBusybox(tree: Tree, busybox: Source | undefined): Tree {
  if (busybox === undefined) return tree;
  const applets = ["sh", "echo", "sleep", "mkfifo", "nc", "cat", "ls", "mount"];
  return overlay(
    files({
      "/bin/busybox": { mode: 0o755, content: busybox },
      ...Object.fromEntries(applets.map((name) => [`/bin/${name}`, { symlink: "busybox" }])),
    }),
    tree,
  );
}

/** Kernel modules and firmware of the board. */
export const modules: Tree = files({ "/modules.dep": "gpio.ko:\n", "/kernel/drivers/gpio/gpio.ko": "stand-in\n" });
export const firmware: Tree = files({ "/wifi/board.bin": "stand-in\n" });

/** The platform's root file system, as the tar that a build system would leave. */
export function platformTar(): ByteStream {
  return writeTar(
    files({
      "/sbin/init": daemon("platform"),
      "/etc/os-release": 'NAME="Gateway platform"\nID=gateway\n',
      "/etc/resolv.conf": "",
      "/var/lib/connman/": {},
    }),
  );
}

/** What `mqtt-broker` runs: the flattened file system of an image, and the image's config. */
export const brokerTree: Tree = files({
  "/usr/sbin/mosquitto": daemon("mosquitto"),
  "/mosquitto/config/mosquitto.conf":
    "listener 0 /run/mqtt.sock\npersistence true\npersistence_location /mosquitto/data\n",
});
export const brokerConfig: ImageConfig = {
  Entrypoint: ["/usr/sbin/mosquitto"],
  Cmd: ["-c", "/mosquitto/config/mosquitto.conf"],
  Env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
  Volumes: { "/mosquitto/data": {} },
};

/** A prebuilt package, as somebody else would publish it: one container in a `.pvrexport.tgz`. */
export async function tailscalePackage(busybox: Source | undefined): Promise<ByteStream> {
  const tailscale = await createContainer("tailscale", {
    from: withBusybox(files({ "/usr/sbin/tailscaled": daemon("tailscaled") }), busybox),
    config: { Entrypoint: ["/usr/sbin/tailscaled"], Cmd: ["--state=/var/lib/tailscale/state"] },
    volumes: { "/var/lib/tailscale": "permanent" },
    group: "platform",
  });
  return writeExport(compose(tailscale));
}

/** A `_config/` overlay: files laid over the container's root when it starts. */
export function configOverlay(container: string, objects: Readonly<Record<string, string>>): StatePart {
  return Object.fromEntries(Object.entries(objects).map(([path, id]) => [`_config/${container}/${path}`, id]));
}

/** `edge-app`, written right here: it talks to the broker over the socket that `mqtt-broker` offers. */
export const edgeApp: Tree = files({
  "/app/run": { mode: 0o755, content: "#!/bin/sh\nwhile :; do nc -U /run/mqtt.sock </dev/null; sleep 10; done\n" },
});
