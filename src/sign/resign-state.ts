import type { Job } from "../core/index.ts";
import type { StateLike } from "../state/index.ts";
import type { Signer, SignOptions } from "./types.ts";

/** Who signs anew, and which. */
export interface ResignOptions extends Job, Pick<SignOptions, "device" | "policy" | "onWarning"> {
  /** The new key and its certificates. */
  signer: Signer;
  /** Names (`web`), keys (`_sigs/web.json`) or patterns of them; default `_sigs/*.json`. */
  names?: readonly string[] | undefined;
  /** Embeds the payload or leaves it out; as it was unless given. */
  payload?: boolean | undefined;
}

/**
 * Signs anew what existing signatures cover, with the same lists: after a change, or with another key (pvr's
 * `sig update`). A signature over other signatures is made after those, so that none goes stale.
 *
 * @throws `PvError` `SIGN_REFUSED` when a name fits no signature, a device would not believe the result (see
 * {@link signState}), or signatures cover each other in a circle.
 * @throws `PvError` `SIGN_KEY_MISMATCH` when a signer's answer does not verify with its public key.
 * @example
 * ```ts
 * import { createDeveloperCa, createSigner, parseState, resignState, signState } from "@pv/sdk";
 * const now = new Date("2026-01-01");
 * const [old, next] = await Promise.all([createDeveloperCa({ now }), createDeveloperCa({ now })]);
 * const state = parseState({ "#spec": "pantavisor-service-system@1", "web/run.json": { name: "web", type: "lxc" } });
 * const signed = await signState(state, { signer: await createSigner({ key: old.key }) });
 * const rotated = await resignState(signed, { signer: await createSigner({ key: next.key }) });
 * if (JSON.stringify(rotated) === JSON.stringify(signed)) throw new Error("not signed anew");
 * ```
 */
export async function resignState<T extends StateLike>(target: T, options: ResignOptions): Promise<T> {
  return (await import("./resign-work.ts")).resignTarget(target, options);
}
