import { type Job, type JsonObject, type JsonValue, PvError } from "../core/index.ts";
import type { Login } from "../sources/index.ts";
import { asObject, plainUrl, type Requester, requestJson } from "./json-request.ts";
import { type DeviceAddress, remoteDevice } from "./remote-device.ts";
import { sameSite } from "./same-site.ts";
import type { Hub, RemoteDevice } from "./types.ts";

/** Who asks, and how. */
export type HubOptions = (Login | { token: string }) & { fetch?: typeof fetch | undefined } & Job;

const PAGE = 100;

/**
 * Logs in at a Pantahub. The login is renewed when its token ends, as long as name and password are known.
 *
 * @throws `PvError` `HUB_AUTH` when the login is refused, `HUB_HTTP`, `NETWORK_FAILED`.
 */
export async function connectHub(url: string | URL, options: HubOptions): Promise<Hub> {
  const base = String(url).replace(/\/+$/, "");
  if (!URL.canParse(base)) throw new TypeError(`"${base}" is no URL`);
  const fetchIt: typeof fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const open: Requester = { fetch: fetchIt, signal: options.signal };
  let token: string | undefined = "token" in options ? options.token : undefined;

  async function login(): Promise<string> {
    const { username, password } = options as Login;
    const address = `${base}/auth/login`;
    const { status, value } = await requestJson(open, {
      method: "POST",
      url: address,
      body: { username, password },
      accept: [401, 403],
      repeatable: true,
    });
    const given = status < 300 ? asObject(value, address, "token")["token"] : undefined;
    if (typeof given !== "string")
      throw new PvError(
        "HUB_AUTH",
        `${plainUrl(base)} refuses the login of ${username}`,
        { url: plainUrl(base) },
        { hint: "check name and password" },
      );
    return given;
  }

  const requester: Requester = {
    ...open,
    // What the hub answers may lead elsewhere; its token does not.
    token: async (url) => (sameSite(url, base) ? token : undefined),
    async renew(response) {
      if ("token" in options || response.status !== 401) return undefined;
      token = await login();
      return token;
    },
  };
  if (token === undefined) token = await login();
  else await requestJson(requester, { method: "GET", url: `${base}/auth/auth_status` });

  function addressOf(id: () => Promise<string>): DeviceAddress {
    return {
      repository: async (rev) =>
        `${base}/trails/${await id()}${rev === undefined ? "" : `/steps/${encodeURIComponent(rev)}`}`,
      async *pages() {
        // Without a filter the hub leaves out what is done already.
        const filter = `progress.status=${encodeURIComponent('{"$ne":"x"}')}`;
        for (let offset = 0; ; offset += PAGE) {
          const address = `${base}/trails/${await id()}/steps?${filter}&page[size]=${PAGE}&page[offset]=${offset}`;
          const { value } = await requestJson(requester, { method: "GET", url: address });
          const page = Array.isArray(value) ? (value as readonly JsonValue[]) : [];
          if (page.length > 0) yield page;
          if (page.length < PAGE) return;
        }
      },
    };
  }

  function device(name: string, known?: string): RemoteDevice {
    let id: Promise<string> | undefined = known === undefined ? undefined : Promise.resolve(known);
    const find = async (): Promise<string> => {
      const parts = name.split("/").map(encodeURIComponent);
      const address =
        parts.length === 2 ? `${base}/devices/np/${parts.join("/")}` : `${base}/devices/${parts.join("/")}`;
      const found = asObject((await requestJson(requester, { method: "GET", url: address })).value, address, "device")[
        "id"
      ];
      if (typeof found !== "string")
        throw new PvError("HUB_HTTP", `${plainUrl(address)} names no device`, {
          method: "GET",
          url: plainUrl(address),
          status: 200,
        });
      return found;
    };
    return remoteDevice(
      name,
      requester,
      addressOf(() => {
        id ??= find().catch((error: unknown) => {
          id = undefined;
          throw error;
        });
        return id;
      }),
    );
  }

  return {
    device: (name) => device(name),
    async *devices({ name, meta = {} } = {}) {
      const address = `${base}/devices/`;
      const { value } = await requestJson(requester, { method: "GET", url: address });
      if (!Array.isArray(value))
        throw new PvError("HUB_HTTP", `${plainUrl(address)} answered no list`, {
          method: "GET",
          url: plainUrl(address),
          status: 200,
        });
      for (const document of value as readonly JsonObject[]) {
        const { id, nick } = document as Record<string, JsonValue | undefined>;
        if (typeof id !== "string" || (name !== undefined && nick !== name && id !== name)) continue;
        const metas = { ...(document["device-meta"] as object), ...(document["user-meta"] as object) } as Record<
          string,
          unknown
        >;
        // The hub stores a dot in a key as U+FF2E, and does not always turn it back.
        const has = (key: string, wanted: string): boolean =>
          String(metas[key] ?? metas[key.replaceAll(".", "\uff2e")]) === wanted;
        if (Object.entries(meta).every(([key, wanted]) => has(key, wanted)))
          yield device(typeof nick === "string" ? nick : id, id);
      }
    },
  };
}
