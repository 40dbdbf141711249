import { type JsonObject, type JsonValue, PvError, readBytes } from "../core/index.ts";
import { contentChunks, isTransient, sleep, waitBefore } from "../core/internal.ts";
import { canonicalJson, parseJson } from "../state/index.ts";
import { type Patience, patience } from "./patience.ts";

/** A state with thousands of parts is far smaller. */
const MAX_ANSWER_BYTES = 64 * 2 ** 20;
const MAX_ERROR_BYTES = 65_536;
/** Cached token, refreshed token, anonymous, a person: each may be refused once. */
const MAX_RENEWALS = 4;
/** A login takes a hub seconds; longer silence is a stall. */
export const TIMEOUT_MS = 60_000;
const MAX_TRIES = 4;

/** What sends requests for one origin: the runtime's `fetch`, a token, a patience. */
export interface Requester {
  /** What asks; a proxy or a custom CA goes in here. */
  fetch: typeof fetch;
  /** The token for an address; asked each time, since it may change. */
  token?: ((url: string) => Promise<string | undefined>) | undefined;
  /** Called after a 401 or 403: another token, or undefined to give up. */
  renew?: ((response: Response, url: string) => Promise<string | undefined>) | undefined;
  signal?: AbortSignal | undefined;
  /** First wait between two tries, doubled each time; default: 500. */
  retryBaseMs?: number | undefined;
  /** Longest silence of a server; default: 60,000. */
  timeoutMs?: number | undefined;
}

/** One request. */
export interface JsonRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  url: string;
  /** Canonical JSON unless it is text already, so that exact numbers stay exact. */
  body?: JsonObject | string | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  /** Statuses besides 2xx that are answers here. */
  accept?: readonly number[] | undefined;
  /** Asking again does no harm; default: true for GET. */
  repeatable?: boolean | undefined;
}

/** An answer, read. */
export interface JsonAnswer {
  status: number;
  headers: Headers;
  /** Undefined where there is no body, or none that is JSON. */
  value: JsonValue | undefined;
}

/** Address without what may be secret. */
export function plainUrl(url: string): string {
  return URL.canParse(url) ? `${new URL(url).origin}${new URL(url).pathname}` : url.replace(/[?#].*$/s, "");
}

/** The server's own words, in the three shapes that a hub answers errors in. */
function saidBy(value: JsonValue | undefined): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "";
  const { msg, Error: text, message, error } = value as Record<string, JsonValue | undefined>;
  const said = [msg, text, message, error].find((word) => typeof word === "string" && word !== "");
  return said === undefined ? "" : `: ${String(said).slice(0, 300)}`;
}

function httpError({ method, url }: JsonRequest, status: number, value: JsonValue | undefined): PvError {
  const address = plainUrl(url);
  if (status === 401) {
    return new PvError(
      "HUB_AUTH",
      `${address} wants a login${saidBy(value)}`,
      { url: address },
      { hint: "log in first, or give a token that is still valid" },
    );
  }
  return new PvError(
    "HUB_HTTP",
    `${method} ${address} answered ${status}${saidBy(value)}`,
    { method, url: address, status },
    { hint: status === 403 ? "the login may not do this" : status === 404 ? "nothing is there" : undefined },
  );
}

/** Nobody answered, or what answered fell silent. */
export function unreachable(url: string, cause: unknown, wait?: Patience): PvError {
  const address = plainUrl(url);
  return new PvError(
    "NETWORK_FAILED",
    wait?.ended ? `${address} gives no answer` : `${address} cannot be reached`,
    { url: address },
    { cause, hint: "check the address and the network" },
  );
}

async function* watched(response: Response, wait: Patience): AsyncGenerator<Uint8Array, void, void> {
  for await (const bytes of contentChunks(response.body ?? new Uint8Array(0), { signal: wait.signal })) {
    wait.wind();
    yield bytes;
  }
}

async function readAnswer(response: Response, wait: Patience): Promise<JsonValue | undefined> {
  const bytes = await readBytes(watched(response, wait), {
    maxBytes: response.ok ? MAX_ANSWER_BYTES : MAX_ERROR_BYTES,
  });
  if (bytes.length === 0) return undefined;
  try {
    return parseJson(bytes);
  } catch {
    return undefined;
  }
}

function requestInit(
  { method, body, headers }: JsonRequest,
  token: string | undefined,
  signal: AbortSignal,
): RequestInit {
  return {
    method,
    headers: {
      accept: "application/json",
      ...headers,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : canonicalJson(body) }),
    signal,
  };
}

/**
 * Sends one request and reads its JSON answer. A busy server is asked again where that does no harm, a lost
 * connection likewise; a refused login is renewed as often as there are ways to.
 *
 * @throws `PvError` `HUB_AUTH` for 401, `HUB_HTTP` for other errors, `NETWORK_FAILED` when nobody answers.
 */
export async function requestJson(requester: Requester, request: JsonRequest): Promise<JsonAnswer> {
  const { signal, retryBaseMs = 500, timeoutMs = TIMEOUT_MS } = requester;
  const { method, url, accept = [], repeatable = method === "GET" } = request;
  let token = await requester.token?.(url);
  let renewals = 0;
  for (let tried = 1; ; tried++) {
    signal?.throwIfAborted();
    const wait = patience(timeoutMs, signal);
    try {
      const response = await requester.fetch(url, requestInit(request, token, wait.signal));
      wait.wind();
      const { status } = response;
      const again = repeatable && tried < MAX_TRIES && !accept.includes(status);
      if (
        (status === 401 || status === 403) &&
        !accept.includes(status) &&
        requester.renew &&
        renewals < MAX_RENEWALS
      ) {
        renewals++;
        wait.stop(); // a person may be asked
        // Of many requests that are refused at once the first renews for all.
        const current = await requester.token?.(url);
        const next = current !== token && current !== undefined ? current : await requester.renew(response, url);
        if (next !== undefined) {
          await response.body?.cancel().catch(() => {});
          token = next;
          tried--;
          continue;
        }
        wait.wind();
      }
      // A hub says 500 to all that it refuses: asking again would change nothing.
      if (isTransient(status) && status !== 500 && again) {
        const retryAfter = response.headers.get("retry-after");
        await response.body?.cancel().catch(() => {});
        await sleep(waitBefore(tried, retryAfter, retryBaseMs), signal);
        continue;
      }
      const value = await readAnswer(response, wait);
      if (!response.ok && !accept.includes(status)) throw httpError(request, status, value);
      return { status, headers: response.headers, value };
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof PvError || (cause instanceof TypeError && !isNetworkError(cause))) throw cause;
      if (tried >= MAX_TRIES || !repeatable || wait.ended) throw unreachable(url, cause, wait);
      wait.stop();
      await sleep(waitBefore(tried, null, retryBaseMs), signal);
    } finally {
      wait.stop();
    }
  }
}

/** `fetch` reports a lost connection as a TypeError, like a wrong argument; the latter has no cause. */
function isNetworkError(error: TypeError): boolean {
  return error.cause !== undefined || /fetch|network|load failed|terminated/i.test(error.message);
}

/** An answer that must be an object. */
export function asObject(value: JsonValue | undefined, url: string, what: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new PvError(
    "HUB_HTTP",
    `${plainUrl(url)} answered no ${what}`,
    { method: "GET", url: plainUrl(url), status: 200 },
    { hint: "is this the address of a device, and not of a web page?" },
  );
}
