import type { Finding } from "../../core/index.ts";
import type { TextEntry } from "../state-text.ts";
import type { SignatureReport, Verdict, VerifyReport } from "../types.ts";

/** The better one of several opinions of a path. */
const order: readonly Verdict[] = ["unsigned", "invalid", "untrusted", "trusted"];

/** Puts a report together; it accepts where no reason is an error. */
export function makeReport(
  entries: readonly Pick<TextEntry, "key">[],
  signatures: readonly SignatureReport[],
  reasons: readonly Finding[],
): VerifyReport {
  const paths = new Map<string, Verdict>(entries.map(({ key }) => [key, "unsigned"]));
  for (const { verdict, paths: selected } of signatures) {
    for (const path of selected) {
      if (order.indexOf(verdict) > order.indexOf(paths.get(path) ?? "unsigned")) paths.set(path, verdict);
    }
  }
  const decision = reasons.some(({ severity }) => severity === "error") ? "reject" : "accept";
  return { decision, reasons, signatures, paths };
}

/** What a judge found out about one signature. */
export interface Judgement {
  report: SignatureReport;
  findings: Finding[];
}

/** Keys of entries. */
export function keysOf(entries: readonly TextEntry[]): string[] {
  return entries.map(({ key }) => key);
}
