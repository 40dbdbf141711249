/**
 * Signatures (`pvs@2`) that pvr and devices both believe, and verdicts that nobody can misread.
 *
 * @module
 */
export { createSigner } from "./create-signer.ts";
export { createDeveloperCa, type DeveloperCa } from "./developer-ca.ts";
export { type ResignOptions, resignState } from "./resign-state.ts";
export { type ReleaseOptions, signRelease } from "./sign-release.ts";
export { signState } from "./sign-state.ts";
export type * from "./types.ts";
export { type ReleaseInfo, type ReleaseReport, type VerifyReleaseOptions, verifyRelease } from "./verify-release.ts";
export { verifyState } from "./verify-state.ts";
