import type { Finding } from "../../core/index.ts";
import type { PublicKey } from "../public-key.ts";
import { signatureName } from "../signature-document.ts";
import type { TextEntry } from "../state-text.ts";
import type { SignatureReport, Verdict, VerifyReport } from "../types.ts";

/** From worst to best: the best opinion of a path is its verdict. */
const order: readonly Verdict[] = ["unsigned", "invalid", "untrusted", "trusted"];

/** Puts a report together: errors first, and one of them rejects. */
export function makeReport(
  entries: readonly Pick<TextEntry, "key">[],
  signatures: readonly SignatureReport[],
  reasons: readonly Finding[],
): VerifyReport {
  const paths = new Map<string, Verdict>(entries.map(({ key }) => [key, "unsigned"]));
  for (const verdict of order) {
    const agreeing = signatures.filter((signature) => signature.verdict === verdict);
    for (const path of agreeing.flatMap((signature) => signature.paths)) paths.set(path, verdict);
  }
  const errors = reasons.filter(({ severity }) => severity === "error");
  const warnings = reasons.filter(({ severity }) => severity !== "error");
  return { decision: errors.length > 0 ? "reject" : "accept", reasons: [...errors, ...warnings], signatures, paths };
}

/** A report of a signature that is not understood yet. */
export function blankReport(key: string): SignatureReport {
  return { name: signatureName(key), path: key, verdict: "invalid", paths: [], excluded: [] };
}

/** What a judge found out about one signature. */
export interface Judgement {
  report: SignatureReport;
  findings: Finding[];
  /** The key that made the signature, where it is known. */
  key?: PublicKey;
}

/** Keys of entries. */
export function keysOf(entries: readonly TextEntry[]): string[] {
  return entries.map(({ key }) => key);
}

/** The time to judge by; one that is none would let every expiry pass. */
export function timeOf(now: Date | undefined): Date {
  const time = now ?? new Date();
  if (Number.isNaN(time.getTime())) throw new TypeError("now is a date");
  return time;
}
