/**
 * Chains as this library verifies them: RFC 5280, 6.1 for one purpose, code signing. Every way from the leaf to an anchor
 * is tried until one is right; the nearest miss is told.
 *
 * @module
 */
import { equalBytes } from "../../core/internal.ts";
import type { FindingCode } from "../findings.ts";
import { type Certificate, extensionIds, isSignedBy } from "./certificate.ts";
import { formatName, sameName } from "./name.ts";
import { checkNameConstraints, constraintWork } from "./name-constraints.ts";
import { profileProblems } from "./profile.ts";

/** What is asked of a chain. */
export interface ChainRules {
  now: Date;
  /** Object identifier of the purpose; code signing. */
  purpose: string;
  /** Certificates in a chain, leaf and anchor included; 5. */
  maxLength: number;
}

/** One thing that is wrong with a chain. */
export interface ChainProblem {
  code: FindingCode;
  message: string;
}

/** The chain that was found, or the nearest one; fine where it has no problem. */
export interface ChainResult {
  chain: readonly Certificate[];
  problem: ChainProblem | undefined;
  /** Where certificates break rules that RFC 5280, 4 has for whoever issues them, not for whoever checks. */
  notes: readonly string[];
}

export const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
const ANY_PURPOSE = "2.5.29.37.0";
/** Signatures checked, and names compared, before a set of certificates counts as an attack. */
const MAX_SIGNATURE_CHECKS = 100;
const MAX_NAME_CHECKS = 250_000;

/** Extensions that are understood here; another one that is critical refuses the certificate (RFC 5280, 4.2). */
const understood: ReadonlySet<string> = new Set<string>([
  extensionIds.keyUsage,
  extensionIds.names,
  extensionIds.constraints,
  extensionIds.nameConstraints,
  extensionIds.purposes,
]);

interface Search {
  others: readonly Certificate[];
  anchors: readonly Certificate[];
  rules: ChainRules;
  signatures: number;
  names: number;
  /** The nearest miss. */
  best: { chain: readonly Certificate[]; problem: ChainProblem; score: number } | undefined;
}

/** Verifies the chain from `leaf` over `others`, in any order, to one of `anchors`. */
export async function verifyChain(
  leaf: Certificate,
  others: readonly Certificate[],
  anchors: readonly Certificate[],
  rules: ChainRules,
): Promise<ChainResult> {
  const search: Search = { others, anchors, rules, signatures: 0, names: 0, best: undefined };
  const problem = checkCertificate(leaf, rules) ?? checkLeaf(leaf, rules);
  if (problem) return { chain: [leaf], problem, notes: [] };
  const pinned = anchors.some(({ der }) => equalBytes(der, leaf.der));
  const chain = pinned ? [leaf] : await findChain([leaf], search);
  if (chain)
    return {
      chain,
      problem: undefined,
      notes: chain.flatMap((link, i) => profileProblems(link, i === chain.length - 1)),
    };
  const { best } = search;
  const message = `no chain from ${formatName(leaf.subject)} to a trusted CA`;
  return { chain: best?.chain ?? [leaf], problem: best?.problem ?? { code: "CHAIN_UNTRUSTED", message }, notes: [] };
}

async function findChain(chain: readonly Certificate[], search: Search): Promise<readonly Certificate[] | undefined> {
  const child = chain.at(-1)!;
  const parents = ({ subject }: Certificate): boolean => sameName(subject, child.issuer);
  for (const anchor of search.anchors.filter(parents)) {
    if (await mayExtend(chain, anchor, true, search)) return [...chain, anchor];
  }
  for (const other of search.others.filter(parents)) {
    if (chain.some(({ der }) => equalBytes(der, other.der))) continue;
    if (!(await mayExtend(chain, other, false, search))) continue;
    const longer = await findChain([...chain, other], search);
    if (longer) return longer;
  }
  return undefined;
}

/** True where `issuer` may stand next in the chain; remembers why not. */
async function mayExtend(
  chain: readonly Certificate[],
  issuer: Certificate,
  isAnchor: boolean,
  search: Search,
): Promise<boolean> {
  const problem = await extensionProblem(chain, issuer, isAnchor, search);
  const score = chain.length + (isAnchor ? 100 : 0);
  if (problem && score > (search.best?.score ?? 0)) search.best = { chain: [...chain, issuer], problem, score };
  return problem === undefined;
}

async function extensionProblem(
  chain: readonly Certificate[],
  issuer: Certificate,
  isAnchor: boolean,
  search: Search,
): Promise<ChainProblem | undefined> {
  const { rules } = search;
  const child = chain.at(-1)!;
  const name = formatName(issuer.subject);
  if (chain.length + (isAnchor ? 1 : 2) > rules.maxLength) {
    return { code: "CHAIN_TOO_LONG", message: `the chain has more than ${rules.maxLength} certificates` };
  }
  const problem = checkIssuer(chain, issuer, rules) ?? (isAnchor ? undefined : checkAlgorithm(issuer));
  if (problem) return problem;
  search.names += chain.reduce((sum, link) => sum + constraintWork(link, issuer), 0);
  if (++search.signatures > MAX_SIGNATURE_CHECKS || search.names > MAX_NAME_CHECKS) {
    return { code: "CHAIN_TOO_LONG", message: "the certificates take too much work to put in order" };
  }
  const constrained = checkNames(chain, issuer);
  if (constrained) return constrained;
  if (await isSignedBy(child, issuer)) return undefined;
  return { code: "CERTIFICATE_SIGNATURE", message: `${formatName(child.subject)} is not signed by ${name}` };
}

/** What every certificate of a chain must be, whatever its place. */
function checkCertificate(certificate: Certificate, rules: ChainRules): ChainProblem | undefined {
  const { subject, issuer, notBefore, notAfter, extensions, key, version } = certificate;
  const name = formatName(subject);
  // Certificates know whole seconds: the last one counts to its end.
  if (rules.now.getTime() >= notAfter.getTime() + 1000)
    return { code: "CERTIFICATE_EXPIRED", message: `${name} expired on ${notAfter.toISOString()}` };
  if (rules.now < notBefore) {
    return { code: "CERTIFICATE_NOT_YET_VALID", message: `${name} is valid from ${notBefore.toISOString()}` };
  }
  if (!key || (key.bits ?? 2048) < 2048) {
    return { code: "CERTIFICATE_KEY_WEAK", message: `the key of ${name} is too weak or of another kind` };
  }
  const unknown = extensions.find(({ oid, critical }) => critical && !understood.has(oid));
  if (unknown)
    return { code: "CERTIFICATE_EXTENSION", message: `${name}: the critical extension ${unknown.oid} is unknown` };
  if (new Set(extensions.map(({ oid }) => oid)).size < extensions.length || (version < 3 && extensions.length > 0)) {
    return { code: "CERTIFICATE_EXTENSION", message: `${name} has an extension twice, or in an old version` };
  }
  if (issuer.sets.length === 0) return { code: "CERTIFICATE_INVALID", message: `${name} does not name its issuer` };
  return undefined;
}

/** How the certificate itself was signed; an anchor is believed without. */
function checkAlgorithm({ algorithm, algorithmsAgree, subject }: Certificate): ChainProblem | undefined {
  if (algorithm && algorithmsAgree) return undefined;
  const message = `${formatName(subject)} is signed with an algorithm that is broken, unknown, or named in two ways`;
  return { code: "CERTIFICATE_ALGORITHM", message };
}

function checkPurpose({ purposes, subject }: Certificate, { purpose }: ChainRules): ChainProblem | undefined {
  if (!purposes || purposes.includes(purpose) || purposes.includes(ANY_PURPOSE)) return undefined;
  return { code: "CERTIFICATE_PURPOSE", message: `${formatName(subject)} is not for code signing` };
}

function checkLeaf(leaf: Certificate, rules: ChainRules): ChainProblem | undefined {
  const { keyUsage, constraints, nameConstraints } = leaf;
  const name = formatName(leaf.subject);
  if (keyUsage && !keyUsage.digitalSignature && !constraints?.ca) {
    return { code: "CERTIFICATE_KEY_USAGE", message: `${name} may not sign: no digitalSignature` };
  }
  if (keyUsage?.keyCertSign && !constraints?.ca) {
    return { code: "CERTIFICATE_KEY_USAGE", message: `${name} may sign certificates, but is no CA` };
  }
  if (nameConstraints && !constraints?.ca) {
    return { code: "CERTIFICATE_EXTENSION", message: `${name} has name constraints, but is no CA` };
  }
  return checkPurpose(leaf, rules) ?? checkAlgorithm(leaf);
}

/** What an issuer must be (RFC 5280, 6.1.4 k to n). */
function checkIssuer(chain: readonly Certificate[], issuer: Certificate, rules: ChainRules): ChainProblem | undefined {
  const name = formatName(issuer.subject);
  const problem = checkCertificate(issuer, rules);
  if (problem) return problem;
  if (!issuer.constraints?.ca) return { code: "CERTIFICATE_NOT_CA", message: `${name} is no CA` };
  if (issuer.keyUsage?.keyCertSign === false) {
    return { code: "CERTIFICATE_KEY_USAGE", message: `${name} may not sign certificates: no keyCertSign` };
  }
  // Certificates between this one and the leaf; those that name themselves as issuer do not count.
  const below = chain.slice(1).filter((link) => !sameName(link.subject, link.issuer)).length;
  if (below > (issuer.constraints.pathLength ?? below)) {
    return { code: "CERTIFICATE_PATH_LENGTH", message: `${name} allows ${issuer.constraints.pathLength} CAs below it` };
  }
  return checkPurpose(issuer, rules);
}

function checkNames(chain: readonly Certificate[], issuer: Certificate): ChainProblem | undefined {
  for (const [i, link] of chain.entries()) {
    if (i > 0 && sameName(link.subject, link.issuer)) continue;
    const verdict = checkNameConstraints(link, issuer);
    if (verdict === "fine") continue;
    const what =
      verdict === "refused" ? `may not issue for ${formatName(link.subject)}` : "has malformed name constraints";
    return { code: "CERTIFICATE_NAME_CONSTRAINT", message: `${formatName(issuer.subject)} ${what}` };
  }
  return undefined;
}
