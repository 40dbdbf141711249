import * as http from "node:http";
import type { GlobalOptions } from "./context.ts";
import { UsageError } from "./failures.ts";

/** Node 24.14 and later send `fetch` through the proxies that the environment names. */
type ProxySetter = (environment: Record<string, string | undefined>) => unknown;

/** Applies `--http-proxy` and `--insecure` to all requests of this process. */
export function useNetwork({ httpProxy = "system", insecure }: GlobalOptions): void {
  if (insecure) process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
  if (httpProxy === "no") return;
  const { HTTP_PROXY, HTTPS_PROXY, NO_PROXY, http_proxy, https_proxy, no_proxy } = process.env;
  const proxies =
    httpProxy === "system"
      ? { HTTP_PROXY, HTTPS_PROXY, NO_PROXY, http_proxy, https_proxy, no_proxy }
      : { HTTP_PROXY: httpProxy, HTTPS_PROXY: httpProxy };
  if (!Object.values(proxies).some(Boolean)) return;
  if (httpProxy !== "system" && !URL.canParse(httpProxy))
    throw new UsageError(`--http-proxy takes system, no, or an address, and not ${httpProxy}`);
  const use = (http as { setGlobalProxyFromEnv?: ProxySetter }).setGlobalProxyFromEnv;
  if (use) use(proxies);
  else if (httpProxy !== "system") throw new UsageError("this Node cannot use a proxy; Node 24.14 and later can");
}
