import type { ObjectId } from "../core/index.ts";
import type { StateLike } from "../state/index.ts";
import type { Signer } from "./types.ts";

/** What is released, to whom, until when, and who says so. */
export interface ReleaseOptions {
  /** The document goes to `_sigs/<name>.json`, signatures to `_sigs/<name>-<key>.json`; letters, digits, `.`, `-`, `_`. */
  name: string;
  /** From 1, greater with each release. */
  sequence: number;
  /** After this nobody should install it any more. */
  expires: Date;
  /** Names of products or devices it is made for; everybody unless given. */
  audience?: readonly string[] | undefined;
  /** Each adds a signature; a key that signed the same release before need not sign again. */
  signers: readonly Signer[];
  /** Of every object of the state, as `objectSizes` gives them. */
  sizes: ReadonlyMap<ObjectId, number>;
}

/**
 * Says in one document what belongs together: the hash and size of every part, a sequence number, an expiry and an
 * audience, and has it signed by several keys. Devices skip the document and check its signatures as any other, so each
 * signer's certificates must lead to the device's CA; {@link verifyRelease} reads it.
 *
 * Signers in different places sign one after the other: the same options over the same state give the same document,
 * and signatures that are there stay. Another document drops them.
 *
 * @throws `PvError` `OBJECT_MISSING` when `sizes` lacks an object of the state.
 * @throws `PvError` `SIGN_REFUSED` when the name is none, or several signers sign without certificates: a device
 * knows one bare key at most.
 * @throws `PvError` `SIGN_KEY_MISMATCH` when a signer's answer does not verify with its public key.
 * @example
 * ```ts
 * import { createDeveloperCa, createSigner, parseState, signRelease, verifyRelease } from "@pv/sdk";
 * const now = new Date("2026-01-01");
 * const [one, two] = await Promise.all([createDeveloperCa({ alg: "ES256", now }), createDeveloperCa({ alg: "ES256", now })]);
 * const signers = await Promise.all([one, two].map(({ key, certificates }) => createSigner({ key, certificates })));
 * const state = parseState({ "#spec": "pantavisor-service-system@1", "web/run.json": { name: "web", type: "lxc" } });
 * const expires = new Date("2026-03-01");
 * const released = await signRelease(state, { name: "release", sequence: 7, expires, signers, sizes: new Map() });
 * const trust = { certificates: one.root + two.root };
 * const known = { sequence: 8, sha256: "" };
 * const good = await verifyRelease(released, { trust, threshold: 2, now });
 * const old = await verifyRelease(released, { trust, threshold: 2, known, now });
 * if (good.decision !== "accept" || old.reasons[0]?.code !== "RELEASE_ROLLBACK") throw new Error("rolled back");
 * ```
 */
export async function signRelease<T extends StateLike>(target: T, release: ReleaseOptions): Promise<T> {
  return (await import("./release-work.ts")).releaseTarget(target, release);
}
