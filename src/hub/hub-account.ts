import { type JsonObject, type JsonValue, PvError } from "../core/index.ts";
import type { Revision } from "../revision/index.ts";
import { formatState } from "../state/index.ts";
import { asObject, plainUrl, type Requester, requestJson } from "./json-request.ts";
import { type UploadOptions, uploadObjects } from "./upload-objects.ts";

/** Who a token belongs to. */
export function authStatus(requester: Requester, url: string): Promise<JsonObject> {
  return getObject(requester, url, "account");
}

async function getObject(requester: Requester, url: string, what: string): Promise<JsonObject> {
  return asObject((await requestJson(requester, { method: "GET", url })).value, url, what);
}

/** Asks for an account; the answer may lead to a page where a person goes on. */
export async function registerAccount(
  requester: Requester,
  hub: string,
  account: { nick: string; email: string; password: string },
): Promise<JsonObject> {
  const url = `${hub}/auth/accounts`;
  const { nick, email, password } = account;
  const { value } = await requestJson(requester, { method: "POST", url, body: { nick, email, password } });
  return asObject(value, url, "account");
}

/** Makes a device that has registered itself the account's own, by the words that it shows. */
export async function claimDevice(requester: Requester, deviceUrl: string, challenge: string): Promise<JsonObject> {
  const url = new URL(deviceUrl);
  url.searchParams.set("challenge", challenge);
  const { value } = await requestJson(requester, { method: "PUT", url: url.href });
  return asObject(value, url.href, "device");
}

/** A device's document, by nick, id, or `user/nick`. */
export async function deviceDocument(requester: Requester, hub: string, name: string): Promise<JsonObject> {
  const path = name.split("/").map(encodeURIComponent).join("/");
  return getObject(requester, `${hub}/devices/${name.includes("/") ? "np/" : ""}${path}`, "device");
}

/** Sets members of a device's metadata: its user's, or its own when the device itself is logged in. */
export async function setDeviceMeta(
  requester: Requester,
  hub: string,
  name: string,
  members: JsonObject,
): Promise<JsonValue | undefined> {
  const { type } = await authStatus(requester, `${hub}/auth/auth_status`);
  const kind = type === "DEVICE" ? "device-meta" : "user-meta";
  const url = `${hub}/devices/${encodeURIComponent(name)}/${kind}`;
  return (await requestJson(requester, { method: "PATCH", url, body: members })).value;
}

/** One line of each device: revision, status, time. */
export async function deviceSummaries(requester: Requester, hub: string): Promise<readonly JsonObject[]> {
  const url = `${hub}/trails/summary`;
  const { value } = await requestJson(requester, { method: "GET", url });
  if (Array.isArray(value)) return value as readonly JsonObject[];
  const data = { method: "GET", url: plainUrl(url), status: 200 };
  throw new PvError("HUB_HTTP", `${plainUrl(url)} answered no list`, data);
}

/**
 * Makes a device of the account, with a revision as the state that it left the factory with.
 *
 * @throws `PvError` `HUB_AUTH`, `HUB_HTTP` (409: the nick is taken), `OBJECT_MISSING`.
 */
export async function createDevice(
  requester: Requester,
  hub: string,
  nick: string | undefined,
  revision: Revision,
  options: UploadOptions = {},
): Promise<JsonObject> {
  await uploadObjects(requester, `${hub}/objects`, revision, options);
  const url = `${hub}/devices/`;
  const body: JsonObject = nick === undefined ? {} : { nick };
  const device = asObject((await requestJson(requester, { method: "POST", url, body })).value, url, "device");
  const { prn, secret } = device as Record<string, JsonValue | undefined>;
  if (typeof prn !== "string" || typeof secret !== "string") {
    const data = { method: "POST", url: plainUrl(url), status: 200 };
    throw new PvError("HUB_HTTP", `${plainUrl(url)} gives the device no secret`, data, { hint: "log in first" });
  }
  const { fetch: fetchIt, signal, timeoutMs, retryBaseMs } = requester;
  const open: Requester = { fetch: fetchIt, signal, timeoutMs, retryBaseMs };
  const login = { method: "POST" as const, url: `${hub}/auth/login`, body: { username: prn, password: secret } };
  const token = asObject((await requestJson(open, login)).value, login.url, "token")["token"];
  const own: Requester = { ...open, token: async () => (typeof token === "string" ? token : undefined) };
  await requestJson(own, { method: "POST", url: `${hub}/trails/`, body: formatState(revision) });
  return device;
}
