import { PvError, readBytes } from "../../core/index.ts";
import { contentChunks, isTransient, MAX_TRIES, sleep, waitBefore } from "../../core/internal.ts";
import type { RegistryAuth } from "../types.ts";
import { type Credentials, registryAuthorizer } from "./authorize.ts";
import type { ImageReference } from "./reference.ts";
import { follow, isLoopback, safeUrl } from "./requests.ts";

/** How a registry is reached. */
export interface RegistryClientOptions {
  auth?: RegistryAuth | undefined;
  fetch?: typeof fetch | undefined;
  /** Plain http, also where it is not loopback. */
  plainHttp?: boolean | undefined;
  /** First wait between two tries, doubled each time. */
  retryBaseMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** A registry's repository; sends requests with what it learnt about logging in. */
export interface RegistryClient {
  /** GET below `/v2/<repository>/`; any answer but a success throws. The signal ends this request alone. */
  get(path: string, headers?: Readonly<Record<string, string>>, own?: AbortSignal): Promise<Response>;
}

/**
 * A client for the repository of a reference: logs in when it is asked to, follows redirects without taking the
 * credentials along, and tries again where the server is busy.
 *
 * @throws `PvError` `OCI_AUTH_REQUIRED`, `CONTENT_HTTP`, `NETWORK_FAILED` from `get`.
 */
export function registryClient(reference: ImageReference, options: RegistryClientOptions = {}): RegistryClient {
  const { signal, retryBaseMs = 500 } = options;
  const fetchIt: typeof fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const loopback = isLoopback(reference.registry);
  let scheme = options.plainHttp ? "http" : "https";
  let settled = options.plainHttp === true || !loopback;
  const authorize = registryAuthorizer(reference, { auth: options.auth, fetch: fetchIt, signal });

  async function send(
    path: string,
    headers: Readonly<Record<string, string>>,
    credentials: Credentials | undefined,
    own: AbortSignal | undefined,
  ): Promise<Response> {
    const url = `${scheme}://${reference.registry}/v2/${reference.repository}/${path}`;
    const all = credentials ? { ...headers, authorization: credentials.header } : headers;
    try {
      const response = await follow(fetchIt, url, all, own ?? signal);
      settled = true;
      return response;
    } catch (error) {
      signal?.throwIfAborted();
      own?.throwIfAborted();
      // A registry on this machine often has no TLS; a bad certificate is no reason to go without.
      if (settled || error instanceof PvError || /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(causeCode(error)))
        throw error;
      scheme = "http";
      settled = true;
      return send(path, headers, credentials, own);
    }
  }

  return {
    async get(path, headers = {}, own) {
      let credentials = await authorize.known();
      let answered = false;
      for (let tried = 1; ; tried++) {
        let response: Response;
        try {
          response = await send(path, headers, credentials, own);
        } catch (error) {
          signal?.throwIfAborted();
          own?.throwIfAborted();
          if (error instanceof PvError) throw error;
          if (tried >= MAX_TRIES) {
            const url = `${scheme}://${reference.registry}`;
            throw new PvError(
              "NETWORK_FAILED",
              `${reference.registry} cannot be reached`,
              { url },
              { cause: error, hint: "check the name, the network and, for a private CA, the fetch option" },
            );
          }
          await sleep(waitBefore(tried, null, retryBaseMs), signal);
          continue;
        }
        if (response.ok) return response;
        if (response.status === 401 && !answered) {
          answered = true;
          const header = response.headers.get("www-authenticate") ?? "";
          await response.body?.cancel().catch(() => {});
          credentials = await authorize.answer(header);
          continue;
        }
        if (response.status === 401) {
          await response.body?.cancel().catch(() => {});
          throw authorize.refused();
        }
        if (isTransient(response.status) && tried < MAX_TRIES) {
          const retryAfter = response.headers.get("retry-after");
          await response.body?.cancel().catch(() => {});
          await sleep(waitBefore(tried, retryAfter, retryBaseMs), signal);
          continue;
        }
        throw await httpError(response, `${reference.registry}/${reference.repository}`);
      }
    },
  };
}

function causeCode(error: unknown): string {
  const cause = (error as { cause?: { code?: unknown } } | undefined)?.cause;
  return String(cause?.code ?? "");
}

/** The registry's own words, where it gives some: `{"errors":[{"code","message"}]}`. */
async function httpError(response: Response, what: string): Promise<PvError> {
  let said = "";
  try {
    const body = JSON.parse(
      new TextDecoder().decode(
        await readBytes(contentChunks(response.body ?? new Uint8Array(0)), { maxBytes: 65_536 }),
      ),
    ) as { errors?: { message?: unknown }[] };
    const message = body.errors?.[0]?.message;
    if (typeof message === "string") said = `: ${message.slice(0, 200)}`;
  } catch {
    // No words; the status says enough.
  }
  const url = safeUrl(response.url);
  return new PvError(
    "CONTENT_HTTP",
    `${what} answered ${response.status}${said}`,
    { url, status: response.status },
    {
      hint:
        response.status === 404
          ? "the image or tag is not there, or needs a login"
          : response.status === 403
            ? "the login may not read this image"
            : undefined,
    },
  );
}
