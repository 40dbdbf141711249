import { PvError } from "../../core/index.ts";

const MAX_REDIRECTS = 5;

/** A URL without query and credentials: signed addresses carry secrets there. */
export function safeUrl(url: string | URL): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return "";
  }
}

/** True for this machine: `localhost`, 127.0.0.0/8, ::1, with or without a port. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, "");
  return name === "localhost" || name.endsWith(".localhost") || name === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(name);
}

/**
 * GET that follows redirects itself, so that the credentials stay with the origin they are for. Where the runtime
 * hides the target (browsers), it follows, and drops them as well.
 */
export async function follow(
  fetchIt: typeof fetch,
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const start = new URL(url);
  let at = start;
  const init: RequestInit = signal ? { signal } : {};
  for (let hops = 0; ; hops++) {
    const sent: Record<string, string> = { ...headers };
    if (at.origin !== start.origin) delete sent["authorization"];
    const response = await fetchIt(at.href, { ...init, headers: sent, redirect: "manual" });
    if (response.type === "opaqueredirect") return fetchIt(at.href, { ...init, headers: sent, redirect: "follow" });
    if (![301, 302, 303, 307, 308].includes(response.status)) return response;
    const location = response.headers.get("location");
    await response.body?.cancel().catch(() => {});
    if (location === null || hops >= MAX_REDIRECTS) {
      throw new PvError("CONTENT_HTTP", `${start.host} redirects ${location === null ? "to nowhere" : "for ever"}`, {
        url: safeUrl(at),
        status: response.status,
      });
    }
    const next = new URL(location, at);
    if (
      next.protocol !== "https:" &&
      !(next.protocol === "http:" && (at.protocol === "http:" || isLoopback(next.host)))
    ) {
      throw new PvError(
        "CONTENT_HTTP",
        `${start.host} redirects to ${next.protocol}//${next.host}, which is not encrypted`,
        { url: safeUrl(at), status: response.status },
      );
    }
    at = next;
  }
}
