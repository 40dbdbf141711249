import type { StateLike } from "../state/index.ts";
import type { Trust, VerifyReport } from "./types.ts";

/** By whose word a release is believed, and what is known already. */
export interface VerifyReleaseOptions {
  /** Whom to believe. */
  trust: Trust;
  /** How many distinct keys have to have signed. */
  threshold: number;
  /** While keys change: what was asked for before, which the release must meet too. */
  previous?: { trust: Trust; threshold: number } | undefined;
  /** The newest release seen so far: its sequence, and the SHA-256 of its document (`report.release.sha256`). */
  known?: { sequence: number; sha256: string } | undefined;
  /** The product or device that asks. */
  audience?: string | undefined;
  /** Name of the document; the only one there is unless given. */
  name?: string | undefined;
  /** Default: now. */
  now?: Date | undefined;
}

/** What a release says, where it can be read; remember `sequence` and `sha256` once it is installed. */
export interface ReleaseInfo {
  name: string;
  sequence: number;
  /** Of the document's canonical text, hex. */
  sha256: string;
  expires: Date;
  audience: readonly string[] | undefined;
  /** By part: bytes of its objects, so that a download can be stopped that gives more. */
  sizes: ReadonlyMap<string, number>;
}

/** The report about a release: its signatures, the paths it holds together. */
export interface ReleaseReport extends VerifyReport {
  release?: ReleaseInfo;
}

/**
 * Judges the release document of a state and names the attack it finds: `RELEASE_ROLLBACK` (older than what is known),
 * `RELEASE_REPLAYED` (another one with the same number), `RELEASE_FREEZE` (expired), `RELEASE_MIX_AND_MATCH` (parts of
 * different releases), `RELEASE_AUDIENCE` (made for others), `RELEASE_THRESHOLD` (too few distinct keys; one that signs
 * twice counts once). Signatures that do not count are told as warnings.
 *
 * The check belongs before an update, not before a boot: a release that expires after it was installed is no reason to
 * stop. It says nothing about signatures that do not cover the release: that is {@link verifyState}.
 *
 * @throws `PvError` `STATE_INVALID` when an object is given that is no JSON.
 * @example
 * ```ts
 * import { createDeveloperCa, createSigner, parseState, signRelease, verifyRelease } from "@pv/sdk";
 * const now = new Date("2026-01-01");
 * const ca = await createDeveloperCa({ alg: "ES256", now });
 * const signers = [await createSigner({ key: ca.key, certificates: ca.certificates })];
 * const state = parseState({ "#spec": "pantavisor-service-system@1", "web/run.json": { name: "web", type: "lxc" } });
 * const expires = new Date("2026-03-01");
 * const released = await signRelease(state, { name: "release", sequence: 1, expires, signers, sizes: new Map() });
 * const trust = { certificates: ca.root };
 * const late = await verifyRelease(released, { trust, threshold: 1, now: new Date("2026-03-02") });
 * if (late.decision !== "reject" || late.reasons[0]?.code !== "RELEASE_FREEZE") throw new Error("frozen");
 * const few = await verifyRelease(released, { trust, threshold: 2, now });
 * if (few.reasons[0]?.code !== "RELEASE_THRESHOLD") throw new Error("too few keys");
 * ```
 */
export async function verifyRelease(
  target: StateLike | string | Uint8Array,
  options: VerifyReleaseOptions,
): Promise<ReleaseReport> {
  return (await import("./verify/release.ts")).judgeRelease(target, options);
}
