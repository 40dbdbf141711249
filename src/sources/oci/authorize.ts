import { PvError, readBytes } from "../../core/index.ts";
import { utf8 } from "../../core/internal.ts";
import type { Login, RegistryAuth } from "../types.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import type { ImageReference } from "./reference.ts";
import { isLoopback, safeUrl } from "./requests.ts";

/** The value of an `Authorization` header. */
export interface Credentials {
  header: string;
}

/** What one repository's registry was told about who asks. */
export interface Authorizer {
  /** What worked before, if anything. */
  known(): Promise<Credentials | undefined>;
  /** Credentials that answer a `WWW-Authenticate` header. */
  answer(header: string): Promise<Credentials>;
  /** The error for an answer that was refused. */
  refused(): PvError;
}

interface AuthorizerOptions {
  auth: RegistryAuth | undefined;
  fetch: typeof fetch;
  signal: AbortSignal | undefined;
}

const MAX_TOKEN_BYTES = 2 ** 20;

function basic({ username, password }: Login): string {
  return `Basic ${btoa(String.fromCharCode(...utf8(`${username}:${password}`)))}`;
}

/** The token flow of the distribution spec (Basic or Bearer), and Docker's identity tokens. */
export function registryAuthorizer(reference: ImageReference, options: AuthorizerOptions): Authorizer {
  const { auth, fetch: fetchIt, signal } = options;
  let known: Credentials | undefined;
  let login: Promise<Login | undefined> | undefined;

  function askLogin(): Promise<Login | undefined> {
    login ??= Promise.resolve(typeof auth === "function" ? auth(reference.domain) : auth);
    return login;
  }

  function refused(hint?: string): PvError {
    return new PvError(
      "OCI_AUTH_REQUIRED",
      `${reference.domain} wants a login for ${reference.repository}`,
      { registry: reference.domain },
      {
        hint:
          hint ??
          (auth === undefined
            ? "give auth: a login, or dockerAuth() for what `docker login` stored"
            : "the login given was refused"),
      },
    );
  }

  async function bearer(challenge: Challenge): Promise<Credentials> {
    const realm = URL.canParse(challenge.parameters["realm"] ?? "")
      ? new URL(challenge.parameters["realm"]!)
      : undefined;
    if (!realm || (realm.protocol !== "https:" && !(realm.protocol === "http:" && isLoopback(realm.host)))) {
      throw refused("its token service has no usable address");
    }
    const scope = challenge.parameters["scope"] || `repository:${reference.repository}:pull`;
    const service = challenge.parameters["service"];
    const who = await askLogin();
    let response: Response;
    if (who?.username === "<token>") {
      const body = new URLSearchParams({
        grant_type: "refresh_token",
        refresh_token: who.password,
        scope,
        client_id: "pv-sdk",
        ...(service ? { service } : {}),
      });
      response = await fetchIt(realm.href, { method: "POST", body, redirect: "error", ...(signal ? { signal } : {}) });
    } else {
      if (service) realm.searchParams.set("service", service);
      for (const one of scope.split(" ")) realm.searchParams.append("scope", one);
      response = await fetchIt(realm.href, {
        headers: who ? { authorization: basic(who) } : {},
        redirect: "error",
        ...(signal ? { signal } : {}),
      });
    }
    if (response.status === 401 || response.status === 403) {
      await response.body?.cancel().catch(() => {});
      throw refused();
    }
    if (!response.ok) {
      await response.body?.cancel().catch(() => {});
      throw new PvError("CONTENT_HTTP", `the token service of ${reference.domain} answered ${response.status}`, {
        url: safeUrl(realm),
        status: response.status,
      });
    }
    let token: unknown;
    try {
      const answer = JSON.parse(new TextDecoder().decode(await readBytes(response, { maxBytes: MAX_TOKEN_BYTES }))) as {
        token?: unknown;
        access_token?: unknown;
      };
      token = answer.token || answer.access_token;
    } catch {
      signal?.throwIfAborted();
    }
    // A token goes into a header as it is: nothing may break out of it.
    if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) throw refused("its token service gave no token");
    return { header: `Bearer ${token}` };
  }

  return {
    known: async () => known,
    refused,
    async answer(header) {
      const challenges = parseChallenges(header);
      const wantsBearer = challenges.find(({ scheme }) => scheme === "bearer");
      if (wantsBearer) return (known = await bearer(wantsBearer));
      const wantsBasic = challenges.some(({ scheme }) => scheme === "basic");
      const who = wantsBasic ? await askLogin() : undefined;
      if (!who) throw refused(wantsBasic ? undefined : "it asks for a kind of login that is not known");
      return (known = { header: basic(who) });
    },
  };
}
