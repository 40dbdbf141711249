import {
  isTransient,
  type JsonObject,
  type JsonValue,
  MAX_TRIES,
  PvError,
  readBytes,
  sleep,
  waitBefore,
} from "../core/index.ts";
import { canonicalJson, parseJson } from "../state/index.ts";

/** A state with thousands of parts is far smaller. */
const MAX_ANSWER_BYTES = 64 * 2 ** 20;
const MAX_ERROR_BYTES = 65_536;
/** Cached token, refreshed token, anonymous, a person: each may be refused once. */
const MAX_RENEWALS = 4;

/** What sends requests for one origin: the runtime's `fetch`, a token, a patience. */
export interface Requester {
  fetch: typeof fetch;
  /** The token for requests; asked each time, since it may change. */
  token?: (() => Promise<string | undefined>) | undefined;
  /** Called after a 401 or 403: another token, or undefined to give up. */
  renew?: ((response: Response) => Promise<string | undefined>) | undefined;
  signal?: AbortSignal | undefined;
  retryBaseMs?: number | undefined;
}

/** One request; its body is JSON, canonical, so that exact numbers stay exact. */
export interface JsonRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  url: string;
  body?: JsonObject | undefined;
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
    {
      hint: status === 403 ? "the login may not do this" : status === 404 ? "nothing is there" : undefined,
    },
  );
}

async function readAnswer(response: Response, signal?: AbortSignal): Promise<JsonValue | undefined> {
  const bytes = await readBytes(response.body ?? new Uint8Array(0), {
    maxBytes: response.ok ? MAX_ANSWER_BYTES : MAX_ERROR_BYTES,
    signal,
  });
  if (bytes.length === 0) return undefined;
  try {
    return parseJson(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Sends one request and reads its JSON answer. A busy server is asked again where that does no harm, a lost
 * connection likewise; a refused login is renewed as often as there are ways to.
 *
 * @throws {@link PvError} `HUB_AUTH` for 401, `HUB_HTTP` for other errors, `NETWORK_FAILED` when nobody answers.
 */
export async function requestJson(requester: Requester, request: JsonRequest): Promise<JsonAnswer> {
  const { fetch: fetchIt, signal, retryBaseMs = 500 } = requester;
  const { method, url, body, accept = [], repeatable = method === "GET" } = request;
  let token = await requester.token?.();
  let renewals = 0;
  for (let tried = 1; ; tried++) {
    signal?.throwIfAborted();
    let response: Response;
    try {
      response = await fetchIt(url, {
        method,
        headers: {
          accept: "application/json",
          ...request.headers,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: canonicalJson(body) }),
        ...(signal ? { signal } : {}),
      });
    } catch (cause) {
      signal?.throwIfAborted();
      if (tried < MAX_TRIES && repeatable) {
        await sleep(waitBefore(tried, null, retryBaseMs), signal);
        continue;
      }
      throw new PvError(
        "NETWORK_FAILED",
        `${plainUrl(url)} cannot be reached`,
        { url: plainUrl(url) },
        { cause, hint: "check the address and the network" },
      );
    }
    if (
      (response.status === 401 || response.status === 403) &&
      renewals < MAX_RENEWALS &&
      requester.renew &&
      !accept.includes(response.status)
    ) {
      renewals++;
      const next = await requester.renew(response);
      if (next !== undefined) {
        await response.body?.cancel().catch(() => {});
        token = next;
        continue;
      }
    }
    if (
      isTransient(response.status) &&
      response.status !== 500 &&
      repeatable &&
      tried < MAX_TRIES &&
      !accept.includes(response.status)
    ) {
      const retryAfter = response.headers.get("retry-after");
      await response.body?.cancel().catch(() => {});
      await sleep(waitBefore(tried, retryAfter, retryBaseMs), signal);
      continue;
    }
    const value = await readAnswer(response, signal);
    if (!response.ok && !accept.includes(response.status)) throw httpError(request, response.status, value);
    return { status: response.status, headers: response.headers, value };
  }
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
