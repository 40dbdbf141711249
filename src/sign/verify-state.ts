import type { StateLike } from "../state/index.ts";
import type { VerifyOptions, VerifyReport } from "./types.ts";

/**
 * Judges the signatures of a state: by this library's own strict rules (`sdk`), as pvr of 2023 would (`pvr`), or as a
 * device in one of its modes. Text and bytes are judged as they stand, which is what a device does; a state or revision
 * is judged in its canonical form. Broken input is a `reject` with its reason, never an exception.
 *
 * `sdk` accepts where every path is covered by a trusted signature (`_sigs/` aside; a `src.json` that is excluded, as
 * pvr does, is a warning), every signature is trusted, and pvr and devices would read all of it the same way.
 *
 * @throws `PvError` `STATE_INVALID` when an object is given that is no JSON.
 * @example
 * ```ts
 * import { createDeveloperCa, createSigner, parseState, signState, verifyState } from "@pv/sdk";
 * const now = new Date("2026-01-01");
 * const ca = await createDeveloperCa({ now });
 * const signer = await createSigner({ key: ca.key, certificates: ca.certificates });
 * const state = parseState({ "#spec": "pantavisor-service-system@1", "web/run.json": { name: "web", type: "lxc" } });
 * const signed = await signState(state, { signer });
 * const report = await verifyState(signed, { trust: { certificates: ca.root }, now });
 * const stranger = await createDeveloperCa({ now });
 * const other = await verifyState(signed, { trust: { certificates: stranger.root }, now });
 * if (report.decision !== "accept" || report.paths.get("web/run.json") !== "trusted") throw new Error("not trusted");
 * if (other.decision !== "reject" || other.reasons[0]?.code !== "CHAIN_UNTRUSTED") throw new Error("trusted a stranger");
 * ```
 */
export async function verifyState(
  target: StateLike | string | Uint8Array,
  options: VerifyOptions,
): Promise<VerifyReport> {
  return (await import("./verify/judge.ts")).judgeTarget(target, options);
}
