import { type Finding, type JsonObject, PvError } from "../core/index.ts";
import { utf8 } from "../core/internal.ts";
import { jwsAlgorithm } from "./algorithms.ts";
import { decodeBase64Url } from "./base64.ts";
import { verifySignature } from "./crypto.ts";
import { type FindingCode, finding } from "./findings.ts";
import { goString, patternsAsWritten } from "./header.ts";
import { publicKeyFromJwk } from "./public-key.ts";
import { type Patterns, sameEntries, selectAsDevice, selectAsPvr } from "./selection.ts";
import type { SignJob } from "./sign-jobs.ts";
import { readHeader, readPatterns, readSignature } from "./signature-document.ts";
import { payloadOf, signingInput, type TextEntry } from "./state-text.ts";
import type { SignOptions } from "./types.ts";

/** What a device, or pvr, would mind about a signature to be. */
export interface Problem {
  finding: Finding;
  /** The pattern or key that it is about. */
  pattern: string;
  /** pvr refuses it too. */
  always?: boolean;
}

function problem(code: FindingCode, pattern: string, path: string, message: string, always = false): Problem {
  return { finding: finding(code, path, message), pattern, always };
}

/** Refuses, or warns where pvr's own policy is asked for. */
export function report(
  { policy, onWarning }: Pick<SignOptions, "policy" | "onWarning">,
  problems: readonly Problem[],
): void {
  for (const { finding: found, pattern, always } of problems) {
    if (found.severity === "error" && (always || policy !== "pvr")) {
      const { message: reason, hint } = found;
      throw new PvError("SIGN_REFUSED", `not signed: ${reason}`, { pattern, reason }, { hint });
    }
    onWarning?.({ ...found, severity: "warning" });
  }
}

/** Text that a device would hash in another form than it is signed in. */
export function notCanonical(): Problem {
  return problem("STATE_NOT_CANONICAL", "", "", "the state's text is not canonical");
}

/** What is wrong with the lists, the values and the algorithm before anything is signed. */
export function checkJobs(jobs: readonly SignJob[], entries: readonly TextEntry[], options: SignOptions): Problem[] {
  return [...checkAlgorithm(options), ...checkMembers(entries), ...jobs.flatMap((job) => checkJob(job, jobs, entries))];
}

function checkAlgorithm({ signer: { alg }, device = "official", policy }: SignOptions): Problem[] {
  if (policy === "pvr" && alg === "ES512") {
    return [problem("ALGORITHM_REFUSED", "", "", "pvr refuses P-521 keys", true)];
  }
  if (alg === "RS256" || device === "official") return [];
  return [problem("ALGORITHM_UNKNOWN_TO_DEVICE", "", "", `a device of the profile ${device} does not take ${alg}`)];
}

/**
 * Members that no signature makes good: values that a device signs in another form, or crashes over in every mode but
 * disabled, and containers in `_sigs/`, which a strict device runs though nobody signed them (measured).
 */
export function checkMembers(entries: readonly TextEntry[]): Problem[] {
  return entries.flatMap(({ key, value }) => {
    if (key.startsWith("_sigs/") && key.endsWith("/run.json")) {
      return [problem("SIGNATURE_IS_CONTAINER", key, key, `a device takes ${key} for a container, signed or not`)];
    }
    if (/^[{[]/.test(value) || (/^"[\x20-\x7e]*"$/.test(value) && !/\\|^"[{[]/.test(value))) return [];
    return [problem("VALUE_UNSIGNABLE", key, key, `the value of ${key} is none that a device signs as it is`)];
  });
}

function checkJob({ key, patterns }: SignJob, jobs: readonly SignJob[], before: readonly TextEntry[]): Problem[] {
  if (key.endsWith("/run.json")) {
    return [problem("SIGNATURE_IS_CONTAINER", key, key, `a device takes ${key} for a container`)];
  }
  const made = jobs.map((job) => ({ key: job.key, rawKey: JSON.stringify(job.key).slice(1, -1), value: "{}" }));
  const entries = [...before, ...made];
  const { bad, selected } = selectAsPvr(entries, patterns);
  if (bad !== undefined) return [problem("PATTERN_INVALID", bad, key, `${bad} is a bad pattern`, true)];
  const odd = ambiguousPattern(patterns, entries);
  if (odd !== undefined) {
    return [problem("PATTERN_AMBIGUOUS", odd, key, `pvr and a device read the pattern ${odd} differently`)];
  }
  if (selected.length === 0)
    return [problem("SELECTION_EMPTY", patterns.include[0] ?? "", key, "the patterns select nothing")];
  const own = selected.find((entry) => jobs.some((job) => job.key === entry.key));
  return own
    ? [problem("SIGNATURE_STALE", own.key, key, `the patterns select ${own.key}, which is made only now`)]
    : [];
}

/** A pattern over which pvr and a device select different keys, or would as soon as there are some. */
function ambiguousPattern(patterns: Patterns, entries: readonly TextEntry[]): string | undefined {
  const all = [...patterns.include, ...patterns.exclude];
  // What JSON escapes in a header, a device reads with the escapes.
  const never = all.find(
    (pattern) => pattern === "**" || pattern.includes("{") || goString(pattern) !== `"${pattern}"`,
  );
  if (never !== undefined) return never;
  // Patterns may make up for each other: "*" with "*/**" is everything to both.
  if (selectSame(patterns, entries)) return undefined;
  return all.find((pattern) => !selectSame({ include: [pattern], exclude: [] }, entries)) ?? all[0];
}

function selectSame(patterns: Patterns, entries: readonly TextEntry[]): boolean {
  const device = selectAsDevice(entries, patternsAsWritten(patterns));
  const pvr = selectAsPvr(entries, patterns);
  return sameEntries(device.selected, pvr.selected) && sameEntries(device.excluded, pvr.excluded);
}

/** What a device would mind about the whole: keys that nobody signed, signatures that do not fit. */
export async function checkResult(entries: readonly TextEntry[]): Promise<Problem[]> {
  const problems: Problem[] = [];
  const covered = new Set<string>();
  for (const entry of entries) {
    const document = readSignature(entry);
    const header = document && readHeader(document);
    const patterns = readPatterns(header);
    if (!document || !header || !patterns) continue;
    const { selected, excluded } = selectAsDevice(entries, patternsAsWritten(patterns));
    for (const { key } of [...selected, ...excluded]) covered.add(key);
    if (await isStale(document, header, payloadOf(selected))) {
      problems.push(warning("SIGNATURE_STALE", entry.key, `${entry.key} does not fit what it covers`));
    }
  }
  const open = entries.filter(({ key }) => !key.startsWith("_sigs/") && !covered.has(key));
  if (open.length === 1 && open[0]!.key === "#spec") {
    return [
      ...problems,
      problem("PATH_UNCOVERED", "#spec", "#spec", "all but #spec is covered: a strict device rejects it"),
    ];
  }
  return [...problems, ...open.map(({ key }) => warning("PATH_UNCOVERED", key, `no signature covers ${key}`))];
}

/** True for a signature that its own embedded key does not verify; without one nobody can say. */
async function isStale(document: JsonObject, header: JsonObject, payload: string): Promise<boolean> {
  const key = publicKeyFromJwk(header["jwk"]);
  const algorithm = jwsAlgorithm(header["alg"]);
  const { protected: head, signature: text } = document;
  const signature = typeof text === "string" && decodeBase64Url(text);
  if (!key || !algorithm || !signature) return false;
  const input = signingInput(String(head), utf8(payload));
  return !(await verifySignature(key, algorithm.scheme, algorithm.hash, input, signature));
}

function warning(code: FindingCode, path: string, message: string): Problem {
  return { finding: finding(code, path, message, "warning"), pattern: path };
}
