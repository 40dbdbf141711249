import { findDevices, type LanDevice, type MdnsSocket } from "@pv/sdk/hub";
import type { Run } from "../command.ts";

const WAIT_MS = 15_000;

function lines({ id, host, addresses, port, hub, challenge }: LanDevice): string {
  const command = `pvsdk claim -c ${challenge} ${hub}/devices/${id}`;
  return [
    `\tID: ${id} (${addresses[0] ?? host})`,
    `\tHost: ${host}`,
    `\tAddresses: ${addresses.join(" ")}`,
    `\tPort: ${port}`,
    challenge === ""
      ? `\tClone: pvsdk clone ${hub === "" ? (addresses[0] ?? host) : `${hub}/trails/${id}`}`
      : `\tClaim Cmd: ${command}`,
  ]
    .map((line) => line.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, " "))
    .join("\n");
}

/** Devices that announce themselves on the local network, as they answer. */
export const run: Run = async (context) => {
  const { default: multicastDns } = await import("multicast-dns");
  const socket = multicastDns();
  context.atEnd(() => new Promise((resolve) => void socket.destroy(resolve)));
  const failed = new Promise<never>((_, reject) => void socket.on("error", reject));
  context.note("Scanning ...");
  const found: LanDevice[] = [];
  const listen = async (): Promise<void> => {
    const { signal } = context.job;
    for await (const device of findDevices(socket as MdnsSocket, { waitMs: WAIT_MS, signal })) {
      found.push(device);
      if (!context.json) context.print(lines(device));
    }
  };
  await Promise.race([listen(), failed]);
  if (context.json) context.print(JSON.stringify(found));
};
