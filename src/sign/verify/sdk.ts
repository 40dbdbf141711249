import type { Bytes, Finding } from "../../core/index.ts";
import { equalBytes, utf8 } from "../../core/internal.ts";
import { canonicalJson } from "../../state/index.ts";
import { finding } from "../findings.ts";
import { readPemBlocks } from "../pem.ts";
import { type PublicKey, publicKeysFromPem } from "../public-key.ts";
import { checkMembers } from "../sign-check.ts";
import { readSignature, signatureKey } from "../signature-document.ts";
import { readEntries, type TextEntry } from "../state-text.ts";
import type { SignatureReport, Trust, VerifyOptions, VerifyReport } from "../types.ts";
import { makeReport } from "./report.ts";
import { judgeSignature } from "./sdk-signature.ts";

/** A device takes 2 MiB; more only costs time. */
const MAX_BYTES = 16 * 2 ** 20;

/** Whom to believe, decoded. */
export interface Anchors {
  keys: readonly PublicKey[];
  certificates: readonly Bytes[];
  now: Date;
  /** Comparisons of patterns with keys, and characters to hash, that all signatures together may still cost. */
  budget: { patterns: number; payload: number };
}

/** Far beyond any firmware: a thousand patterns over ten thousand keys, five times. */
const MAX_COMPARISONS = 50_000_000;
/** The largest state that a device takes, covered by 64 signatures. */
const MAX_PAYLOAD: number = 128 * 2 ** 20;

/** The anchors of a judgement. */
export function readAnchors(trust: Trust, now: Date): Anchors {
  return {
    keys: publicKeysFromPem(trust.publicKeys),
    certificates: readPemBlocks(trust.certificates, "CERTIFICATE"),
    now,
    budget: { patterns: MAX_COMPARISONS, payload: MAX_PAYLOAD },
  };
}

/** Judges by this library's own rules. */
export async function verifyAsSdk(text: string | Uint8Array, options: VerifyOptions, now: Date): Promise<VerifyReport> {
  const bytes = typeof text === "string" ? utf8(text) : text;
  if (bytes.length > MAX_BYTES) {
    const message = `the state has ${bytes.length} bytes, at most ${MAX_BYTES} are looked at`;
    return makeReport([], [], [finding("STATE_INVALID", "", message)]);
  }
  const canonical = canonicalJson(bytes);
  if (!canonical.startsWith("{")) return makeReport([], [], [finding("STATE_INVALID", "", "a state is an object")]);
  const entries = readEntries(canonical);
  const findings: Finding[] = checkMembers(entries).map((problem) => problem.finding);
  if (!equalBytes(utf8(canonical), bytes)) {
    findings.push(finding("STATE_NOT_CANONICAL", "", "the state's text is not canonical"));
  }
  const anchors = readAnchors(options.trust, now);
  if (anchors.keys.length + anchors.certificates.length === 0) {
    findings.push(finding("TRUST_EMPTY", "", "no certificate and no public key to trust"));
  }
  const wanted = options.names?.map(signatureKey);
  const signatures: SignatureReport[] = [];
  for (const entry of entries) {
    const document = readSignature(entry);
    if (!document && entry.value.includes('"pvs@2"')) {
      findings.push(finding("SIGNATURE_NESTED", entry.key, `${entry.key} holds what a device takes for a signature`));
    }
    if (!document || (wanted && !wanted.includes(entry.key))) continue;
    const judged = await judgeSignature(entry.key, document, entries, anchors, options.device ?? "official");
    signatures.push(judged.report);
    findings.push(...judged.findings);
  }
  for (const key of wanted ?? []) {
    if (signatures.some(({ path }) => path === key)) continue;
    findings.push(finding("UNSIGNED", key, `there is no signature ${key}`));
  }
  return makeReport(entries, signatures, [...findings, ...coverage(entries, signatures)]);
}

/**
 * Every path needs a trusted signature, but for signatures themselves. A device exempts all of `_sigs/` (where another
 * document may hold what it takes for the bsp's run.json or device.json), and counts what is excluded as covered.
 */
function coverage(entries: readonly TextEntry[], signatures: readonly SignatureReport[]): Finding[] {
  if (signatures.length === 0) return [finding("UNSIGNED", "", "nothing is signed")];
  const trusted = signatures.filter(({ verdict }) => verdict === "trusted");
  const covered = new Set(trusted.flatMap(({ paths }) => paths));
  const excluded = new Set(trusted.flatMap((report) => report.excluded));
  return entries.flatMap((entry) => {
    const { key } = entry;
    if (covered.has(key) || (key.startsWith("_sigs/") && readSignature(entry))) return [];
    // pvr leaves it out unless told otherwise; no device reads it.
    if (excluded.has(key) && /^[^/]+\/src\.json$/.test(key)) {
      return [finding("PATH_EXCLUDED", key, `${key} is excluded: anybody may change it`, "warning")];
    }
    return [finding("PATH_UNCOVERED", key, `no trusted signature covers ${key}`)];
  });
}
