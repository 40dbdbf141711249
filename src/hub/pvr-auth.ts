import { type JsonValue, PvError } from "../core/index.ts";
import { trimEnd } from "../core/internal.ts";
import type { Login } from "../sources/index.ts";
import { asObject, plainUrl, type Requester, requestJson } from "./json-request.ts";
import { sameSite } from "./same-site.ts";

/** Tokens by login endpoint and realm, kept between runs: pvr's `auth.json`. */
export interface TokenCache {
  /** The tokens kept under a key; undefined where there are none. */
  load(key: string): Promise<{ access: string; refresh: string } | undefined>;
  /** Keeps tokens, for their owner's eyes only. */
  save(key: string, tokens: { access: string; refresh: string }): Promise<void>;
  /** Drops tokens that a server did not take. */
  forget(key: string): Promise<void>;
}

/** How a pvr remote is logged in to. */
export interface PvrAuthOptions {
  /** What asks; a proxy or a custom CA goes in here. */
  fetch: typeof fetch;
  /** A token that is used as it is: no cache, no questions. It goes to the site of the first request only. */
  token?: string | undefined;
  cache?: TokenCache | undefined;
  /** Asks a person; undefined gives up. Absent where there is nobody to ask. */
  askLogin?: ((endpoint: string) => Promise<Login | undefined>) | undefined;
  /** Log in as anybody where that is enough to read. */
  anonymous?: boolean | undefined;
  /** Ask a person at once, whatever is cached. */
  fresh?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** The challenge of a hub: `JWT realm="...", ph-aeps="https://.../auth"`. */
export function parseHubChallenge(
  header: string | null,
): { key: string; endpoint: string; insufficient: boolean } | undefined {
  const [, scheme, rest = ""] = /^(\S+)\s+(.*)$/s.exec(header ?? "") ?? [];
  if (scheme === undefined || !/^(?:JWT|Bearer)$/.test(scheme)) return undefined;
  const parameters = new Map<string, string>();
  for (const part of rest.split(/,\s+/)) {
    const at = part.indexOf("=");
    if (at > 0)
      parameters.set(
        part.slice(0, at).trim().toLowerCase(),
        part
          .slice(at + 1)
          .trim()
          .replace(/^"|"$/g, ""),
      );
  }
  const endpoint = trimEnd(parameters.get("ph-aeps")?.split(",")[0]?.trim() ?? "", "/");
  if (endpoint === undefined || !URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol))
    return undefined;
  return { endpoint, key: `${endpoint} realm=${parameters.get("realm") ?? ""}`, insufficient: parameters.has("error") };
}

const ANONYMOUS = "prn:pantahub.com:auth:/anon";
const READ_SCOPES = "devices.readonly objects.readonly trails.readonly";

/**
 * Logs in to a pvr remote as pvr does: bare first, then cached token, refresh, anonymous for reading, a person. Each
 * is tried once, so nothing loops. Which login is wanted the remote says itself, so a cached one goes only to the site
 * that it was made for.
 */
export function pvrAuth(options: PvrAuthOptions): Pick<Requester, "token" | "renew"> {
  const { token: given, cache, askLogin, anonymous = false, fresh = false, signal } = options;
  if (given !== undefined) {
    // It is for the site that is asked first, by its user; where that one's answers lead may be anywhere.
    let home: string | undefined;
    return { token: async (url) => (sameSite(url, (home ??= url)) ? given : undefined) };
  }
  const open: Requester = { fetch: options.fetch, signal };
  let token: string | undefined;
  let site: string | undefined;
  let tried: "nothing" | "cached" | "refreshed" | "anonymous" | "person" = "nothing";

  async function login(endpoint: string, { username, password }: Login, scope = ""): Promise<string | undefined> {
    const url = `${endpoint}/login`;
    const { status, value } = await requestJson(open, {
      method: "POST",
      url,
      body: { username, password, scope },
      accept: [400, 401, 403],
      repeatable: true,
    });
    const found: JsonValue | undefined = status < 300 ? asObject(value, url, "token")["token"] : undefined;
    return typeof found === "string" ? found : undefined;
  }

  async function keep(key: string, found: string): Promise<string> {
    token = found;
    await cache?.save(key, { access: found, refresh: found });
    return found;
  }

  return {
    token: async (url) => (token !== undefined && site !== undefined && sameSite(url, site) ? token : undefined),
    async renew(response, url) {
      const challenge = parseHubChallenge(response.headers.get("www-authenticate"));
      if (!challenge) return undefined;
      const { key, endpoint, insufficient } = challenge;
      // sameSite both ways: neither a remote in clear learns a secret of https, nor a login in clear one typed for https.
      if (!sameSite(url, endpoint) || !sameSite(endpoint, url)) {
        throw new PvError(
          "HUB_AUTH",
          `${plainUrl(url)} wants the login of another site, ${plainUrl(endpoint)}`,
          { url: plainUrl(url) },
          { hint: "if you trust it, give it a token of its own" },
        );
      }
      site = endpoint;
      const stored = insufficient || fresh ? undefined : await cache?.load(key);
      if (tried === "nothing" && stored?.access) {
        tried = "cached";
        token = stored.access;
        return token;
      }
      if ((tried === "nothing" || tried === "cached") && stored?.refresh) {
        tried = "refreshed";
        const url = `${endpoint}/login`;
        const { status, value } = await requestJson(
          { ...open, token: async () => stored.refresh },
          { method: "GET", url, accept: [400, 401, 403] },
        );
        const found = status < 300 ? asObject(value, url, "token")["token"] : undefined;
        if (typeof found === "string") return keep(key, found);
        await cache?.forget(key);
      }
      if (anonymous && !fresh && !insufficient && tried !== "anonymous" && tried !== "person") {
        tried = "anonymous";
        const found = await login(endpoint, { username: ANONYMOUS, password: ANONYMOUS }, READ_SCOPES);
        // Not kept: a later post would find it and be refused with it.
        if (found !== undefined) return (token = found);
      }
      if (!askLogin || tried === "person") return undefined;
      tried = "person";
      const who = await askLogin(endpoint);
      if (!who) return undefined;
      const found = await login(endpoint, who);
      if (found === undefined)
        throw new PvError(
          "HUB_AUTH",
          `${plainUrl(endpoint)} refuses the login of ${who.username}`,
          { url: plainUrl(endpoint) },
          { hint: "check name and password" },
        );
      return keep(key, found);
    },
  };
}
