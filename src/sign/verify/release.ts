/**
 * The work of `verifyRelease`. Loaded on demand.
 *
 * @module
 */
import { type Finding, isPvError } from "../../core/index.ts";
import { equalBytes, toHex, utf8 } from "../../core/internal.ts";
import { canonicalJson, formatState, type StateLike } from "../../state/index.ts";
import { digest } from "../crypto.ts";
import { type FindingCode, finding } from "../findings.ts";
import { RELEASE_SPEC } from "../partition.ts";
import { hashParts, type Release, readRelease } from "../release-document.ts";
import { checkMembers } from "../sign-check.ts";
import { readDocument, readSignature } from "../signature-document.ts";
import { readEntries, type TextEntry } from "../state-text.ts";
import type { SignatureReport, Trust, Verdict } from "../types.ts";
import type { ReleaseInfo, ReleaseReport, VerifyReleaseOptions } from "../verify-release.ts";
import { blankReport, makeReport, timeOf } from "./report.ts";
import { readAnchors } from "./sdk.ts";
import { judgeSignature } from "./sdk-signature.ts";

/** {@link verifyRelease} itself. */
export async function judgeRelease(
  target: StateLike | string | Uint8Array,
  options: VerifyReleaseOptions,
): Promise<ReleaseReport> {
  for (const { threshold } of [options, ...(options.previous ? [options.previous] : [])])
    if (!Number.isSafeInteger(threshold) || threshold < 1) throw new TypeError("threshold is a positive integer");
  if (options.known && !Number.isSafeInteger(options.known.sequence))
    throw new TypeError("known.sequence is an integer");
  const now = timeOf(options.now);
  const text = typeof target === "string" || target instanceof Uint8Array ? target : formatState(target);
  const bytes = typeof text === "string" ? utf8(text) : text;
  try {
    const canonical = canonicalJson(bytes);
    if (!canonical.startsWith("{")) return makeReport([], [], [finding("STATE_INVALID", "", "a state is an object")]);
    const findings = equalBytes(utf8(canonical), bytes)
      ? []
      : [finding("STATE_NOT_CANONICAL", "", "the state's text is not canonical")];
    return await judge(readEntries(canonical), { ...options, now }, findings);
  } catch (error) {
    if (!isPvError(error, "STATE_INVALID")) throw error;
    return makeReport([], [], [finding("STATE_INVALID", "", error.message)]);
  }
}

async function judge(
  entries: readonly TextEntry[],
  options: VerifyReleaseOptions & { now: Date },
  findings: Finding[],
): Promise<ReleaseReport> {
  const found = entries.filter((entry) => isRelease(entry, options.name));
  const [entry] = found;
  if (!entry || found.length > 1) {
    const [code, message] = entry
      ? (["RELEASE_INVALID", `${found.length} release documents, and no name says which`] as const)
      : (["RELEASE_MISSING", "there is no release document"] as const);
    return makeReport(entries, [], [...findings, finding(code, "", message)]);
  }
  const say = (code: FindingCode, path: string, message: string): void =>
    void findings.push(finding(code, path, message));
  const release = readRelease(JSON.parse(entry.value) as never);
  if (typeof release === "string") {
    say("RELEASE_INVALID", entry.key, release);
    return makeReport(entries, [], findings);
  }
  const sha256 = toHex(await digest("SHA-256", utf8(entry.value)));
  const info: ReleaseInfo = {
    name: entry.key.slice("_sigs/".length, -".json".length),
    sequence: release.sequence,
    sha256,
    expires: release.expires,
    audience: release.audience,
    sizes: new Map([...release.parts].map(([name, { sizeBytes }]) => [name, sizeBytes])),
  };
  const { now } = options;
  findings.push(...checkMembers(entries).map((problem) => problem.finding));
  const current = await judgeThreshold(entry, entries, options, now, "");
  const before = options.previous && (await judgeThreshold(entry, entries, options.previous, now, "the previous "));
  findings.push(...current.findings, ...(before?.findings ?? []));

  const { known, audience } = options;
  if (known && release.sequence < known.sequence) {
    say("RELEASE_ROLLBACK", entry.key, `release ${release.sequence} is older than ${known.sequence}, which is known`);
  } else if (known && release.sequence === known.sequence && sha256 !== known.sha256) {
    say("RELEASE_REPLAYED", entry.key, `this is another release ${release.sequence} than the one that is known`);
  }
  if (now >= release.expires) say("RELEASE_FREEZE", entry.key, `it expired on ${release.expires.toISOString()}`);
  if (release.audience && !release.audience.some((name) => name === audience)) {
    say("RELEASE_AUDIENCE", entry.key, `it is made for ${release.audience.join(", ")}, not for ${audience}`);
  }
  const verdict = current.verdict === "trusted" ? (before?.verdict ?? "trusted") : current.verdict;
  const { report, mixed } = await coverParts(entry, entries, release, verdict);
  findings.push(...mixed);
  return {
    ...makeReport(entries, [...current.signatures, report], findings),
    signatures: current.signatures,
    release: info,
  };
}

function isRelease(entry: TextEntry, name: string | undefined): boolean {
  const isNamed = name === undefined ? entry.key.startsWith("_sigs/") : entry.key === `_sigs/${name}.json`;
  return isNamed && readDocument(entry)?.["#spec"] === RELEASE_SPEC;
}

interface Threshold {
  verdict: Verdict;
  signatures: SignatureReport[];
  findings: Finding[];
}

/** Counts the distinct keys that signed the document and are trusted. */
async function judgeThreshold(
  { key }: TextEntry,
  entries: readonly TextEntry[],
  { trust, threshold }: { trust: Trust; threshold: number },
  now: Date,
  which: string,
): Promise<Threshold> {
  const anchors = readAnchors(trust, now);
  const signatures: SignatureReport[] = [];
  const findings: Finding[] = [];
  const signed = new Set<string>();
  for (const entry of entries) {
    const document = readSignature(entry);
    if (!document) continue;
    const judged = await judgeSignature(entry.key, document, entries, anchors, "official");
    const covers = judged.report.paths.includes(key);
    const isOurs = covers || entry.key.startsWith(`${key.slice(0, -".json".length)}-`);
    if (!isOurs) continue;
    signatures.push(judged.report);
    findings.push(...judged.findings.map((found) => ({ ...found, severity: "warning" as const })));
    // One that only bears the release's name may be a good signature of something else, moved here.
    if (!covers || judged.report.verdict !== "trusted" || !judged.key) continue;
    const tag = toHex(judged.key.spki);
    if (signed.has(tag)) {
      findings.push(
        finding("RELEASE_KEY_REPEATED", entry.key, `${entry.key} is by a key that signed already`, "warning"),
      );
    }
    signed.add(tag);
  }
  if (signed.size >= threshold) return { verdict: "trusted", signatures, findings };
  const message = `${signed.size} of ${which}${threshold} keys have signed`;
  const verdict =
    signatures.length === 0
      ? "unsigned"
      : signatures.some((one) => one.verdict !== "invalid")
        ? "untrusted"
        : "invalid";
  return { verdict, signatures, findings: [finding("RELEASE_THRESHOLD", key, message), ...findings] };
}

/** Compares every part with what the release says; the paths that fit bear the release's verdict. */
async function coverParts(
  { key }: TextEntry,
  entries: readonly TextEntry[],
  release: Release,
  verdict: Verdict,
): Promise<{ report: SignatureReport; mixed: Finding[] }> {
  const { parts, skeleton } = await hashParts(entries);
  const mixed: Finding[] = [];
  const paths: string[] = [];
  const all = new Map([...parts, ["", skeleton] as const]);
  const said = new Map([...release.parts, ["", release.skeleton] as const]);
  for (const name of new Set([...all.keys(), ...said.keys()])) {
    const [part, expected] = [all.get(name), said.get(name)];
    if (part && expected?.sha256 === part.sha256) {
      paths.push(...part.keys);
      continue;
    }
    const what = name === "" ? "what is in no part" : `the part ${name}`;
    const why = !part ? "is missing" : !expected ? "is not in the release" : "is another one than the release says";
    mixed.push(finding("RELEASE_MIX_AND_MATCH", name || key, `${what} ${why}`));
  }
  return { report: { ...blankReport(key), verdict, paths }, mixed };
}
