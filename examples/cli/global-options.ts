import type { Command } from "./command.ts";

/** Flags that stand before the command. */
export const globalOptions: NonNullable<Command["options"]> = [
  ["-c, --config-dir <folder>", "settings, logins and the shared object pool; ~/.pvr unless given", "PVR_CONFIG_DIR"],
  ["-a, --access-token <token>", "use this token, ask nothing", "PVR_ACCESSTOKEN"],
  ["-b, --baseurl <url>", "the hub; https://api.pantahub.com unless given", "PVR_BASEURL"],
  ["-r, --repo-baseurl <url>", "where user/device lives; https://pvr.pantahub.com unless given", "PVR_REPO_BASEURL"],
  ["--http-proxy <mode>", "system (default), no, or the address of a proxy", "PVR_HTTP_PROXY"],
  ["-i, --insecure", "do not check certificates of servers", "PVR_INSECURE"],
  ["--json", "results as JSON"],
  ["-q, --quiet", "results and errors only"],
];

/** Taken for the sake of scripts written for pvr: there is nothing to upgrade or to debug here. */
export const ignoredOptions: readonly string[] = ["--disable-self-upgrade", "-d, --debug"];
