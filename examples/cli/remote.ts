import { join } from "node:path";
import { lanUrl, pvrAuth, type RemoteInfo, type Requester, remoteInfo } from "@pv/sdk/hub";
import { tokenCache } from "@pv/sdk/node";
import { ask } from "./ask.ts";
import type { Context } from "./context.ts";
import { ReferenceFailure } from "./failures.ts";

/** The hub, without a slash at the end. */
export function hubUrl({ global }: Context): string {
  return (global.baseurl ?? "https://api.pantahub.com").replace(/\/+$/, "");
}

/** Requests that log in as pvr does: `-a`, the cached login, anonymously for reading, a person at the terminal. */
export function requester(context: Context, { anonymous = false, fresh = false } = {}): Requester {
  const { accessToken } = context.global;
  const fetchIt: typeof fetch = (input, init) => fetch(input, init);
  const auth = pvrAuth({
    fetch: fetchIt,
    token: accessToken === "" ? undefined : accessToken,
    cache: tokenCache(join(context.configDir, "auth.json")),
    anonymous,
    fresh,
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

/**
 * `user/device`, an address on the local network, or a URL, as a URL without its fragment. With `anyName` every other
 * name stands below the base of repositories too, as pvr's `merge` and `put` read them.
 */
export function remoteUrl(context: Context, reference: string, { anyName = false } = {}): string {
  const [what = ""] = reference.split("#");
  if (/^https?:\/\//.test(what) && URL.canParse(what)) return what;
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(what) || /^\[?[0-9a-fA-F:]+:[0-9a-fA-F:]*\]?$/.test(what)) return lanUrl(what);
  const base = (context.global.repoBaseurl ?? "https://pvr.pantahub.com").replace(/\/+$/, "");
  if (/^[^/\s.][^/\s]*\/[^/\s]+$/.test(what) || (anyName && /^[^/\s.]/.test(what))) return `${base}/${what}`;
  throw new ReferenceFailure(
    `${JSON.stringify(what)} is no file here, and names no remote: write a URL, user/device, or a device's address`,
  );
}

/** A remote by its reference, asked where its things are. */
export async function openRemote(
  context: Context,
  reference: string,
  options: { anonymous?: boolean; anyName?: boolean } = {},
): Promise<{ requests: Requester; info: RemoteInfo; url: string }> {
  const url = remoteUrl(context, reference, options);
  const requests = requester(context, options);
  return { requests, info: await remoteInfo(requests, url), url };
}
