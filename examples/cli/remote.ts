import { join } from "node:path";
import { lanUrl, pvrAuth, type RemoteInfo, type Requester, remoteInfo } from "@pv/sdk/hub";
import { tokenCache } from "@pv/sdk/node";
import { ask } from "./ask.ts";
import { type Context, ExitError } from "./context.ts";

/** Requests that log in as pvr does: `-a`, the cached login, anonymously for reading, a person at the terminal. */
export function requester(context: Context, anonymous: boolean): Requester {
  const { accessToken } = context.global;
  const fetchIt: typeof fetch = (input, init) => fetch(input, init);
  const auth = pvrAuth({
    fetch: fetchIt,
    token: accessToken,
    cache: tokenCache(join(context.configDir, "auth.json")),
    anonymous,
    signal: context.job.signal,
    async askLogin(endpoint) {
      context.note(`*** Login at ${endpoint} ***`);
      const username = await ask("Username: ");
      const password = username === undefined ? undefined : await ask("Password: ", true);
      return username === undefined || password === undefined ? undefined : { username, password };
    },
  });
  return { fetch: fetchIt, signal: context.job.signal, ...auth };
}

/** `user/device`, an address on the local network, or a URL, as a URL; undefined for anything else. */
export function remoteUrl(context: Context, reference: string): string | undefined {
  if (/^https?:\/\//.test(reference)) return reference;
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(reference) || /^\[?[0-9a-fA-F:]+:[0-9a-fA-F:]*\]?$/.test(reference))
    return lanUrl(reference);
  if (/^[^/\s]+\/[^/\s]+$/.test(reference)) return `${context.global.repoBaseurl?.replace(/\/+$/, "")}/${reference}`;
  return undefined;
}

/** A remote by its reference, asked where its things are. */
export async function openRemote(
  context: Context,
  reference: string,
  anonymous: boolean,
): Promise<{ requests: Requester; info: RemoteInfo; url: string }> {
  const url = remoteUrl(context, reference);
  if (url === undefined)
    throw new ExitError(`"${reference}" names no remote: write a URL, user/device, or the address of a device`, 2);
  const requests = requester(context, anonymous);
  return { requests, info: await remoteInfo(requests, url), url };
}
