import type { Finding } from "../../core/index.ts";
import { formatState } from "../format-state.ts";
import type { StateLike } from "../types.ts";
import { readState } from "./read-state.ts";

/** The device that a state is judged for. */
export interface CheckStateOptions {
  /** Boot loader of the device (`PV_BOOTLOADER_TYPE`), `uboot` unless given; `rpiab` wants its own image. */
  bootloader?: "uboot" | "uboot-ab" | "rpiab" | "grub" | undefined;
  /** How the runtime is run (`PV_SYSTEM_INIT_MODE`), `embedded` unless given; `appengine` reads no bsp. */
  mode?: "embedded" | "standalone" | "appengine" | undefined;
  /**
   * FIT configuration of the device (`PV_BOOTLOADER_FITCONFIG`), whose drivers are read besides those of `all`:
   * `conf-1` unless given, as mkimage names the first one; "" for a device without.
   */
  fitConfig?: string | undefined;
}

/**
 * What a real device would say to a state, before it does: everything that its parser refuses or dies on, what kills
 * the runtime at start, what breaks at the next update (errors), and what is legal but surely not meant (warnings).
 * No finding, no objection.
 *
 * The reading is the device's own, not JSON's: look-ups that do not see depth, keys found by their beginning, the raw
 * text in its order. Text and bytes are judged as they stand; a state, or a revision, by its canonical line. A state
 * without `error` of stage `parse` is one that the device's parser takes. Every code is listed in docs/checks.md.
 *
 * Time and memory grow with the text only, whatever is in it; text beyond 64 MiB or 4 million values is not read.
 *
 * @throws {TypeError} when `state` is neither a state, nor text, nor bytes.
 * @throws `PvError` `STATE_INVALID` when a state (not text) holds what is no JSON.
 * @example
 * ```ts
 * import { checkState } from "@pv/sdk/state";
 * const text = '{"#spec":"pantavisor-service-system@1","web/run.json":{"group":"apps","name":"web"}}';
 * const errors = checkState(text).filter((finding) => finding.severity === "error");
 * if (errors[0]?.code !== "GROUP_UNKNOWN" || errors[0].stage !== "parse") throw new Error("not found");
 * ```
 */
export function checkState(
  state: StateLike | string | Uint8Array,
  options: CheckStateOptions = {},
): readonly Finding[] {
  const device = {
    bootloader: options.bootloader ?? "uboot",
    mode: options.mode ?? "embedded",
    fitConfig: options.fitConfig ?? "conf-1",
  } as const;
  const isText = typeof state === "string" || state instanceof Uint8Array;
  return readState(isText ? state : formatState(state), device, !isText).finish();
}
