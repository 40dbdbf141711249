/**
 * The work of `verifyState`. Loaded on demand, with the judge that is asked for.
 *
 * @module
 */
import { isPvError } from "../../core/index.ts";
import { formatState, type StateLike } from "../../state/index.ts";
import { finding } from "../findings.ts";
import type { VerifyOptions, VerifyReport } from "../types.ts";
import { makeReport, timeOf } from "./report.ts";

/** {@link verifyState} itself. */
export async function judgeTarget(
  target: StateLike | string | Uint8Array,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const text = typeof target === "string" || target instanceof Uint8Array ? target : formatState(target);
  const { policy = "sdk" } = options;
  const now = timeOf(options.now);
  try {
    if (policy === "sdk") return await (await import("./sdk.ts")).verifyAsSdk(text, options, now);
    if (policy === "pvr") return await (await import("./pvr.ts")).verifyAsPvr(text, options, now);
    return await (await import("./device.ts")).verifyAsDevice(text, policy, options, now);
  } catch (error) {
    if (!isPvError(error, "STATE_INVALID")) throw error;
    return makeReport([], [], [finding("STATE_INVALID", "", error.message)]);
  }
}
