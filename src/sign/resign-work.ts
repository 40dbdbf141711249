/**
 * The work of `resignState`. Loaded on demand.
 *
 * @module
 */
import { PvError } from "../core/index.ts";
import { compileGlob, formatState, type StateLike } from "../state/index.ts";
import { stateOf, withState } from "../state/internal.ts";
import type { ResignOptions } from "./resign-state.ts";
import { selectAsPvr } from "./selection.ts";
import { checkJobs, checkResult, report } from "./sign-check.ts";
import type { SignJob } from "./sign-jobs.ts";
import { makeSignature, withDocuments } from "./sign-work.ts";
import { readHeader, readPatterns, readSignature, signatureKey } from "./signature-document.ts";
import { readEntries } from "./state-text.ts";

/** {@link resignState} itself. */
export async function resignTarget<T extends StateLike>(target: T, options: ResignOptions): Promise<T> {
  let state = stateOf(target);
  let left = existingJobs(state, options.names ?? ["_sigs/*.json"]);
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
        [job.key]: await makeSignature(job, entries, {
          signer: options.signer,
          policy: options.policy,
          payload: options.payload ?? embed,
        }),
      });
    }
    left = left.filter((job) => !ready.includes(job));
  }
  report(options, await checkResult(readEntries(formatState(state))));
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
