/**
 * The work of `signState`. Loaded on demand.
 *
 * @module
 */
import type { JsonObject } from "../core/index.ts";
import { utf8 } from "../core/internal.ts";
import { canonicalJson, carryNumber, formatState, parseState, type State, type StateLike } from "../state/index.ts";
import { stateOf, withState } from "../state/internal.ts";
import { signChecked } from "./create-signer.ts";
import { encodeHeader, signatureDocument, writeHeader } from "./header.ts";
import { selectAsPvr } from "./selection.ts";
import { checkJobs, checkResult, notCanonical, report } from "./sign-check.ts";
import { type SignJob, signJobs } from "./sign-jobs.ts";
import { payloadOf, readEntries, signingInput, type TextEntry } from "./state-text.ts";
import type { SignOptions } from "./types.ts";

/** {@link signState} itself. */
export async function signTarget(target: StateLike | string, options: SignOptions): Promise<StateLike | string> {
  if (typeof target === "string") return signText(target, options);
  return withState(target, await signStateValue(stateOf(target), options));
}

async function signText(text: string, options: SignOptions): Promise<string> {
  const canonical = canonicalJson(utf8(text));
  if (canonical !== text) report(options, [notCanonical()]);
  return formatState(await signStateValue(parseState(canonical), options));
}

async function signStateValue(state: State, options: SignOptions): Promise<State> {
  options.signal?.throwIfAborted();
  const entries = readEntries(formatState(state));
  const jobs = signJobs(entries, options);
  report(options, checkJobs(jobs, entries, options));
  const documents: Record<string, JsonObject> = {};
  for (const job of jobs) {
    options.signal?.throwIfAborted();
    documents[job.key] = await makeSignature(job, entries, options);
  }
  const signed = withDocuments(state, documents);
  report(options, await checkResult(readEntries(formatState(signed))));
  return signed;
}

/** The signature document of one job over these entries. */
export async function makeSignature(
  { patterns }: SignJob,
  entries: readonly TextEntry[],
  { signer, payload: embed, policy }: Pick<SignOptions, "signer" | "payload" | "policy">,
): Promise<JsonObject> {
  const payload = utf8(payloadOf(selectAsPvr(entries, patterns).selected));
  const header = encodeHeader(writeHeader(signer, patterns));
  return signatureDocument(
    header,
    // pvr does not look whether the key is the certificate's.
    await signChecked(signer, signingInput(header, payload), { anyLeaf: policy === "pvr" }),
    embed ? payload : undefined,
  );
}

/** The state with these documents and without some keys; everything else is carried over, exact decimals too. */
export function withDocuments(
  state: State,
  documents: Readonly<Record<string, JsonObject>>,
  isDropped: (key: string) => boolean = () => false,
): State {
  const next = Object.fromEntries(
    Object.entries({ ...state, ...documents }).filter(([key]) => !isDropped(key)),
  ) as State;
  for (const key of Object.keys(next)) carryNumber(next, state, key);
  return parseState(next);
}
