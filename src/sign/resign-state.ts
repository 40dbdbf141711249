import { type Job, PvError } from "../core/index.ts";
import { compileGlob, formatState, type StateLike, stateOf, withState } from "../state/index.ts";
import { selectAsPvr } from "./selection.ts";
import { checkJobs, checkResult, report } from "./sign-check.ts";
import type { SignJob } from "./sign-jobs.ts";
import { makeSignature, withDocuments } from "./sign-state.ts";
import { readHeader, readPatterns, readSignature, signatureKey } from "./signature-document.ts";
import { readEntries } from "./state-text.ts";
import type { Signer, SignOptions } from "./types.ts";

/** Who signs anew, and which. */
export interface ResignOptions extends Job, Pick<SignOptions, "device" | "policy" | "onWarning"> {
  /** The new key and its certificates. */
  signer: Signer;
  /** Names (`web`), keys (`_sigs/web.json`) or patterns of them; default `_sigs/*.json`. */
  names?: readonly string[] | undefined;
}

/**
 * Signs anew what existing signatures cover, with the same lists: after a change, or with another key (pvr's
 * `sig update`). A signature over other signatures is made after those, so that none goes stale.
 *
 * @throws {@link PvError} `SIGN_REFUSED` when a name fits no signature, a device would not believe the result (see
 * {@link signState}), or signatures cover each other in a circle.
 * @throws {@link PvError} `SIGN_KEY_MISMATCH` when a signer's answer does not verify with its public key.
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
  let state = stateOf(target);
  let left = existingJobs(state, options.names ?? ["_sigs/*.json"]);
  const jobs = left;
  while (left.length > 0) {
    const entries = readEntries(formatState(state));
    const waiting = (job: SignJob): boolean =>
      selectAsPvr(entries, job.patterns).selected.some(({ key }) => left.some((other) => other.key === key));
    const ready = left.filter((job) => !waiting(job));
    const circle = left[0]!.key;
    if (ready.length === 0) {
      const reason = `${circle} and others cover each other, or themselves`;
      throw new PvError("SIGN_REFUSED", `not signed: ${reason}`, { pattern: circle, reason });
    }
    report(options, checkJobs(ready, entries, options));
    for (const job of ready) {
      options.signal?.throwIfAborted();
      const embed = readSignature(entries.find(({ key }) => key === job.key)!)?.["payload"] !== undefined;
      state = withDocuments(state, {
        [job.key]: await makeSignature(job, entries, { signer: options.signer, payload: embed }),
      });
    }
    left = left.filter((job) => !ready.includes(job));
  }
  report(options, await checkResult(readEntries(formatState(state)), jobs));
  return withState(target, state);
}

function existingJobs(state: StateLike, names: readonly string[]): SignJob[] {
  const jobs: SignJob[] = [];
  const signatures = readEntries(formatState(state)).flatMap((entry) => {
    const document = readSignature(entry);
    return document ? [{ key: entry.key, document }] : [];
  });
  for (const name of names) {
    const match = compileGlob(signatureKey(name));
    const found = signatures.filter(({ key }) => match(key) === "match");
    if (found.length === 0) refuse(name, "no such signature");
    for (const { key, document } of found) {
      const patterns = readPatterns(readHeader(document)) ?? refuse(key, "its header names no patterns");
      if (!jobs.some((job) => job.key === key)) jobs.push({ key, patterns });
    }
  }
  return jobs;
}

function refuse(pattern: string, reason: string): never {
  throw new PvError("SIGN_REFUSED", `not signed anew: ${pattern}: ${reason}`, { pattern, reason });
}
