import type { Bytes } from "../../core/index.ts";
import type { SignatureReport } from "../types.ts";
import { readCertificate } from "./certificate.ts";
import { type ChainProblem, CODE_SIGNING, verifyChain } from "./chain-rfc5280.ts";
import { describeChain } from "./describe.ts";

/** What a chain is worth, for a report. */
export interface ChainReport extends Pick<SignatureReport, "subject" | "chain"> {
  problem: ChainProblem | undefined;
  notes: readonly string[];
}

/** Verifies the chain of `x5c`, leaf first, to one of the anchors. */
export async function believeChain(x5c: readonly Bytes[], anchors: readonly Bytes[], now: Date): Promise<ChainReport> {
  const certificates = x5c.map(readCertificate);
  const [leaf, ...others] = certificates;
  if (!leaf || !others.every((other) => other !== undefined)) {
    return { problem: { code: "CERTIFICATE_INVALID", message: "x5c holds what is no certificate" }, notes: [] };
  }
  const roots = anchors.flatMap((anchor) => readCertificate(anchor) ?? []);
  const rules = { now, purpose: CODE_SIGNING, maxLength: 5 };
  const { chain, problem, notes } = await verifyChain(leaf, others, roots, rules);
  return { ...(await describeChain(chain)), problem, notes };
}
