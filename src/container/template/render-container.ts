import type { JsonObject } from "../../core/index.ts";
import { canonicalJson } from "../../state/index.ts";
import { isStarted } from "./arguments.ts";
import { exactRun } from "./exact-run.ts";
import { lxcConfig } from "./lxc-config.ts";
import { runDocument } from "./run-document.ts";
import { formatSource, type SourceDocument } from "./source-document.ts";
import { templateInput } from "./template-input.ts";

/** How {@link renderContainer} renders. */
export interface RenderOptions {
  /** Names of the groups there are, in start order: a container without a group lands in the last one. */
  groups?: readonly string[] | undefined;
  /** pvr's exact template bytes, defects included (its values are then taken unchecked); correct output otherwise. */
  compat?: "pvr-2023" | undefined;
}

/** The files that a src.json renders to, as text by name. */
export interface RenderedContainer {
  /** The document; inline in a state, where only its value counts. */
  "run.json": string;
  /** The configuration of the container; absent for one that is only mounted. */
  "lxc.container.conf"?: string;
  /** The document given, in the form that pvr writes. */
  "src.json": string;
}

/**
 * Renders the template `builtin-lxc-docker`: from what a src.json says to run.json and lxc.container.conf. Pure; knows
 * every `PV_*` and `LXC_*` argument, and of newer packages `PV_SERVICES_REQUIRED`, `PV_SERVICES_OPTIONAL`,
 * `PV_AUTO_RECOVERY`, `PV_NETWORK_POOL` (`_HOSTNAME`, `_IP`, `_MAC`) and `PV_REMOUNT`. docs/compatibility.md lists what
 * differs from pvr.
 *
 * @throws `PvError` `CONTAINER_INVALID` when the name or the template cannot be, when a value is of the wrong
 * kind, would reject the revision on a device, or would inject a line into lxc.container.conf.
 * @example
 * ```ts
 * import { renderContainer } from "@pv/sdk/container";
 * const files = renderContainer("web", {
 *   template: "builtin-lxc-docker",
 *   docker_config: { Entrypoint: ["/bin/web", "--title", "two words"], Env: ["PORT=80"] },
 *   args: { PV_GROUP: "app" },
 * });
 * if (!files["lxc.container.conf"]?.includes('lxc.init.cmd = /bin/web "--title" "two words"\n')) throw new Error("init");
 * if (JSON.parse(files["run.json"]).group !== "app") throw new Error("group");
 * ```
 */
export function renderContainer(
  name: string,
  source: SourceDocument | JsonObject,
  options: RenderOptions = {},
): RenderedContainer {
  const input = templateInput(name, source, options.groups, options.compat);
  return {
    "run.json": input.compat ? exactRun(input) : canonicalJson(runDocument(input)),
    ...(isStarted(input) ? { "lxc.container.conf": lxcConfig(input) } : {}),
    "src.json": formatSource(source),
  };
}
