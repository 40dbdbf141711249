import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  checkState,
  deploy,
  PvError,
  type Revision,
  readBytes,
  readTar,
  signState,
  verifyState,
  writeExport,
} from "@pv/sdk";
import {
  createRevision,
  formatLock,
  imageLayout,
  packageArchive,
  parseLock,
  type RevisionLock,
  registryImage,
} from "@pv/sdk/container";
import {
  directoryStore,
  dockerAuth,
  fileSource,
  readDirectory,
  saveFile,
  terminalProgress,
  writeDirectory,
} from "@pv/sdk/node";
import {
  brokerLayout,
  edgeApp,
  firmware,
  modules,
  platformTar,
  standIn,
  tailscalePackage,
  withBusybox,
} from "./inputs.ts";
import { developerKeys } from "./keys.ts";
import type { GatewayOptions } from "./options.ts";

/** Builds, signs, checks and writes the gateway; gives the revision that was written. */
export async function buildGateway(options: GatewayOptions): Promise<Revision> {
  const given = (path: string | undefined, name: string) => (path ? fileSource(path) : standIn(name, 64 * 1024));
  const busybox = options.busybox ? fileSource(options.busybox) : undefined;
  const folder = join(import.meta.dirname, "in");
  const job = { store: directoryStore(join(options.out, "objects")), onProgress: terminalProgress() };

  const lockPath = join(options.out, "pv.lock.json");
  let made: RevisionLock | undefined;
  const onLock = (lock: RevisionLock): void => {
    made = lock;
  };
  const lock = options.frozen ? parseLock(await readBytes(fileSource(lockPath))) : undefined;

  const gateway = await createRevision(
    {
      device: { volumes: { "pv--devmeta": { persistence: "permanent" }, "pv--usrmeta": { persistence: "permanent" } } },
      bsp: { linux: given(options.kernel, "kernel"), initrd: given(options.initrd, "initrd"), modules, firmware },
      containers: {
        platform: {
          from: withBusybox(
            readTar(options.platformRootfs ? fileSource(options.platformRootfs) : platformTar()),
            busybox,
          ),
          group: "root",
          volumes: { "/var/lib/connman": "permanent" },
        },
        tailscale: { from: packageArchive(await tailscalePackage(busybox)) },
        modbus: {
          from: withBusybox(readDirectory(join(folder, "modbus")), busybox),
          group: "platform",
          config: { Entrypoint: ["/usr/bin/modbusd"] },
          overlay: readDirectory(join(folder, "modbus-config")),
        },
        "mqtt-broker": {
          from: options.registry
            ? registryImage(options.registry, { platform: "linux/arm64", auth: dockerAuth() })
            : imageLayout(await brokerLayout(busybox)),
          group: "platform",
          provides: [{ name: "mqtt", type: "unix", socket: "/run/mqtt.sock" }],
        },
        "edge-app": {
          from: withBusybox(edgeApp, busybox),
          config: { Entrypoint: ["/app/run"] },
          group: "app",
          services: { required: [{ name: "mqtt", type: "unix", target: "/run/mqtt.sock" }] },
        },
      },
    },
    { ...job, lock, frozen: options.frozen, onLock },
  );
  if (made) await writeFile(lockPath, formatLock(made));

  const { signer, root } = await developerKeys(options.keys);
  const signed = await signState(gateway, { signer }); // every part, and the skeleton: all that a strict device wants
  const findings = checkState(signed);
  if (findings.length > 0) throw new PvError("STATE_REJECTED", "a device would mind this revision", { findings });
  const report = await verifyState(signed, { policy: "device-strict", trust: { certificates: root } });
  if (report.decision === "reject")
    throw new PvError("STATE_REJECTED", "a strict device would refuse this revision", { findings: report.reasons });

  await writeFile(join(options.out, "ca.pem"), root);
  await saveFile(writeExport(signed, job), join(options.out, "gateway.pvrexport.tgz"));
  const storage = join(options.out, "storage");
  await rm(storage, { recursive: true, force: true });
  await writeDirectory(deploy(signed), storage, job);
  return signed;
}
