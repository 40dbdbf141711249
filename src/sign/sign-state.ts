import type { StateLike } from "../state/index.ts";
import type { SignOptions } from "./types.ts";

/**
 * Signs a state (`pvs@2`) and gives back what it was given, with the signatures in it: each part and the rest of the
 * state by themselves, so that a strict device takes all of it; or some `parts` as `pvr sig add --part` does; or own
 * patterns (`raw`). Text is signed and given back as text.
 *
 * A signature of the same name is replaced; others stay, and are warned about where they no longer fit.
 *
 * @throws `PvError` `SIGN_REFUSED` when a device would not believe the result: a bare `**`, braces or another
 * pattern that pvr and devices read differently, an empty selection, a signature over itself, `#spec` alone left out,
 * text that is not canonical, values that crash a device, an algorithm that the device profile lacks. With
 * `policy: "pvr"` only what pvr itself refuses; the rest becomes warnings.
 * @throws `PvError` `SIGN_KEY_MISMATCH` when a signer's answer does not verify with its public key, or that is not
 * the first certificate's (which `policy: "pvr"` does not look at).
 * @throws `PvError` `STATE_INVALID` when text is no state.
 * @example
 * ```ts
 * import { composeState, container, createDeveloperCa, createSigner, device, signState, verifyState } from "@pv/sdk";
 * const now = new Date("2026-01-01");
 * const ca = await createDeveloperCa({ now });
 * const signer = await createSigner({ key: ca.key, certificates: ca.certificates });
 * const web = container({ name: "web", type: "lxc" }, { "root.squashfs": "5".repeat(64) });
 * const signed = await signState(composeState(device({}), web), { signer });
 * const report = await verifyState(signed, { policy: "device-strict", trust: { certificates: ca.root }, now });
 * if (report.decision !== "accept") throw new Error(report.reasons[0]?.message);
 * ```
 */
export function signState(target: string, options: SignOptions): Promise<string>;
export function signState<T extends StateLike>(target: T, options: SignOptions): Promise<T>;
export async function signState(target: StateLike | string, options: SignOptions): Promise<StateLike | string> {
  return (await import("./sign-work.ts")).signTarget(target, options);
}
