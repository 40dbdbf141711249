/**
 * Chains as pvr verifies them: Go's crypto/x509 `Certificate.Verify` with the purpose code signing, as go-jose calls it.
 * Names are compared byte for byte, roots are whatever the file holds, a purpose is asked for where one is limited.
 *
 * @module
 */
import { equalBytes } from "../../core/internal.ts";
import { sameKey } from "../public-key.ts";
import { type Certificate, extensionIds, isSignedBy } from "./certificate.ts";
import { checkNameConstraints } from "./name-constraints.ts";

const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
const ANY_PURPOSE = "2.5.29.37.0";
const MAX_SIGNATURE_CHECKS = 100;
const known: ReadonlySet<string> = new Set(Object.values(extensionIds));

/** The first chain from `leaf` to one of `roots`, or undefined. */
export async function verifyChainAsGo(
  leaf: Certificate,
  intermediates: readonly Certificate[],
  roots: readonly Certificate[],
  now: Date,
): Promise<readonly Certificate[] | undefined> {
  const budget = { checks: 0 };
  if (!isValid(leaf, "leaf", [], now)) return undefined;
  const isRoot = roots.some(({ der }) => equalBytes(der, leaf.der));
  const chains = isRoot ? [[leaf]] : await build([leaf], intermediates, roots, now, budget);
  return chains.find((chain) => chain.every(allowsCodeSigning));
}

function allowsCodeSigning({ purposes }: Certificate): boolean {
  return !purposes || purposes.length === 0 || purposes.includes(CODE_SIGNING) || purposes.includes(ANY_PURPOSE);
}

async function build(
  chain: readonly Certificate[],
  intermediates: readonly Certificate[],
  roots: readonly Certificate[],
  now: Date,
  budget: { checks: number },
): Promise<Certificate[][]> {
  const found: Certificate[][] = [];
  const child = chain.at(-1)!;
  const consider = async (candidates: readonly Certificate[], kind: "root" | "intermediate"): Promise<void> => {
    for (const candidate of candidates) {
      if (!equalBytes(candidate.subject.raw, child.issuer.raw) || isInChain(candidate, chain)) continue;
      if (++budget.checks > MAX_SIGNATURE_CHECKS) return;
      if (!mayIssue(candidate) || !isValid(candidate, kind, chain, now) || !(await isSignedBy(child, candidate)))
        continue;
      const longer = [...chain, candidate];
      if (kind === "root") found.push(longer);
      else found.push(...(await build(longer, intermediates, roots, now, budget)));
    }
  };
  await consider(roots, "root");
  await consider(intermediates, "intermediate");
  return found;
}

function isInChain(candidate: Certificate, chain: readonly Certificate[]): boolean {
  return chain.some(
    (certificate) =>
      equalBytes(certificate.subject.raw, candidate.subject.raw) &&
      certificate.key !== undefined &&
      candidate.key !== undefined &&
      sameKey(certificate.key, candidate.key),
  );
}

/** `CheckSignatureFrom`: what a parent must be, root or not. */
function mayIssue({ version, constraints, keyUsage }: Certificate): boolean {
  if (constraints ? !constraints.ca : version === 3) return false;
  return keyUsage === undefined || keyUsage.keyCertSign;
}

/** `isValid`: dates, critical extensions, constraints on what lies below. */
function isValid(
  certificate: Certificate,
  kind: "leaf" | "intermediate" | "root",
  below: readonly Certificate[],
  now: Date,
): boolean {
  if (certificate.extensions.some(({ oid, critical }) => critical && !known.has(oid))) return false;
  if (now < certificate.notBefore || now > certificate.notAfter) return false;
  if (kind === "leaf") return true;
  if (below.some((lower) => lower.names && checkNameConstraints(lower, certificate) !== "fine")) return false;
  if (kind === "intermediate" && !certificate.constraints?.ca) return false;
  const pathLength = certificate.constraints?.pathLength;
  return pathLength === undefined || below.length - 1 <= pathLength;
}
