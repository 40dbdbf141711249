import {
  type ByteStream,
  compose,
  type FileSpec,
  files,
  type JsonObject,
  overlay,
  readBytes,
  type Source,
  sha256,
  type Tree,
  writeExport,
  writeTar,
} from "@pv/sdk";
import { createContainer } from "@pv/sdk/container";

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

const brokerTree: Tree = files({
  "/usr/sbin/mosquitto": daemon("mosquitto"),
  "/mosquitto/config/mosquitto.conf":
    "listener 0 /run/mqtt.sock\npersistence true\npersistence_location /mosquitto/data\n",
});

/** What `mqtt-broker` is made from: an image, as the OCI layout that `skopeo copy ... oci:broker` would leave. */
export async function brokerLayout(busybox: Source | undefined): Promise<Tree> {
  const blobs: Record<string, Uint8Array> = {};
  const blob = async (mediaType: string, content: Uint8Array | JsonObject) => {
    const bytes = content instanceof Uint8Array ? content : new TextEncoder().encode(JSON.stringify(content));
    const id = await sha256(bytes);
    blobs[`blobs/sha256/${id}`] = bytes;
    return { mediaType, digest: `sha256:${id}`, size: bytes.length };
  };
  const oci = "application/vnd.oci.image";
  const layer = await blob(`${oci}.layer.v1.tar`, await readBytes(writeTar(withBusybox(brokerTree, busybox))));
  const config = await blob(`${oci}.config.v1+json`, {
    os: "linux",
    architecture: "arm64",
    config: {
      Entrypoint: ["/usr/sbin/mosquitto"],
      Cmd: ["-c", "/mosquitto/config/mosquitto.conf"],
      Env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
      Volumes: { "/mosquitto/data": {} },
    },
    rootfs: { type: "layers", diff_ids: [layer.digest] },
  });
  const manifest = await blob(`${oci}.manifest.v1+json`, { schemaVersion: 2, config, layers: [layer] });
  const annotations = { "org.opencontainers.image.ref.name": "eclipse-mosquitto:2" };
  const index = { schemaVersion: 2, manifests: [{ ...manifest, annotations }] };
  return files({ "oci-layout": '{"imageLayoutVersion":"1.0.0"}', "index.json": JSON.stringify(index), ...blobs });
}

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

/** `edge-app`, written right here: it talks to the broker over the socket that `mqtt-broker` offers. */
export const edgeApp: Tree = files({
  "/app/run": { mode: 0o755, content: "#!/bin/sh\nwhile :; do nc -U /run/mqtt.sock </dev/null; sleep 10; done\n" },
});
