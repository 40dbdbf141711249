import type { Job, JsonValue, ObjectId } from "../core/index.ts";
import { trimEnd } from "../core/internal.ts";
import { isObjectId } from "../objects/index.ts";
import { type Requester, requestJson } from "./json-request.ts";
import { remoteInfo } from "./remote.ts";
import { remoteDevice } from "./remote-device.ts";
import type { RemoteDevice } from "./types.ts";

/** The port and path at which a device answers the pvr protocol on its network. */
export function lanUrl(address: string): string {
  if (/^https?:\/\//.test(address)) return address.replace(/\/+$/, "");
  const host =
    address.includes(":") && !address.startsWith("[") && address.split(":").length > 2 ? `[${address}]` : address;
  return `http://${/:\d+$/.test(host.replace(/\[.*\]/, "")) ? host : `${host}:12368`}/cgi-bin/pvr`;
}

/**
 * A device on the local network, by its address: `192.168.1.5`, a name, or a whole URL.
 *
 * @throws `PvError` `NETWORK_FAILED` when nobody answers, `HUB_HTTP` when it is no such device.
 */
export async function connectLan(
  address: string,
  options: { fetch?: typeof fetch | undefined } & Job = {},
): Promise<
  RemoteDevice & {
    /** The objects a device has, and their sizes in bytes. */ objects(): Promise<ReadonlyMap<ObjectId, number>>;
  }
> {
  const repository = lanUrl(address);
  const requester: Requester = {
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    signal: options.signal,
  };
  const info = await remoteInfo(requester, repository);
  return {
    ...remoteDevice(address, requester, { repository: async () => repository }),
    async objects() {
      const { value } = await requestJson(requester, {
        method: "GET",
        url: `${trimEnd(info.objectsUrl, "/")}/`,
        accept: [400, 404],
      });
      const found = new Map<ObjectId, number>();
      for (const item of Array.isArray(value) ? (value as readonly JsonValue[]) : []) {
        const { sha256, sha256sum, size } = (item ?? {}) as Record<string, JsonValue | undefined>;
        const id = sha256 ?? sha256sum;
        if (typeof id === "string" && isObjectId(id)) found.set(id, Number(size ?? 0));
      }
      return found;
    },
  };
}
