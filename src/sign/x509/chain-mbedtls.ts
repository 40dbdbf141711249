/**
 * Chains as a device verifies them: mbedTLS 2.28 `mbedtls_x509_crt_verify` with its default profile, walked the same
 * way (roots first, then only certificates further down the list, no way back). The official images neither look at
 * dates nor at the key usage of a CA; a stock build does both.
 *
 * @module
 */
import { equalBytes } from "../../core/internal.ts";
import type { FindingCode } from "../findings.ts";
import { type Certificate, extensionIds, isSignedBy } from "./certificate.ts";
import { sameNameMbedtls } from "./name.ts";

/** How a build differs: the time, where it looks at dates. */
export interface MbedtlsBuild {
  now: Date | undefined;
  checksKeyUsage: boolean;
}

/** A chain, and what is wrong with it; the first of the certificates is the one that signs. */
export interface MbedtlsChain {
  chain: readonly Certificate[];
  flags: ReadonlySet<FindingCode>;
}

const MAX_INTERMEDIATES = 8;

/** Extensions that mbedTLS reads; another one that is critical makes the certificate unreadable. */
const readable: ReadonlySet<string> = new Set<string>([
  extensionIds.constraints,
  extensionIds.keyUsage,
  extensionIds.purposes,
  extensionIds.names,
  "2.16.840.1.113730.1.1", // Netscape certificate type
]);

/** True for a certificate that mbedTLS can parse. */
export function isReadableByMbedtls({ extensions, key, version }: Certificate): boolean {
  const twice = extensions.some(({ oid }, i) => readable.has(oid) && extensions.findIndex((e) => e.oid === oid) !== i);
  const unknown = extensions.some(({ oid, critical }) => critical && !readable.has(oid));
  return key !== undefined && !twice && !unknown && (version === 3 || extensions.length === 0);
}

/** Builds and judges the one chain that mbedTLS would. */
export async function verifyChainAsMbedtls(
  certificates: readonly Certificate[],
  roots: readonly Certificate[],
  build: MbedtlsBuild,
): Promise<MbedtlsChain> {
  const flags = new Set<FindingCode>();
  const chain: Certificate[] = [];
  let at = 0;
  let child = certificates[0]!;
  let isTrusted = false;
  let selfIssued = 0;
  if (isWeak(child)) flags.add("CERTIFICATE_KEY_WEAK");
  for (;;) {
    chain.push(child);
    if (build.now && build.now > child.notAfter) flags.add("CERTIFICATE_EXPIRED");
    if (build.now && build.now < child.notBefore) flags.add("CERTIFICATE_NOT_YET_VALID");
    if (isTrusted) break;
    if (!child.algorithm) flags.add("CERTIFICATE_ALGORITHM");
    if (chain.length === 1 && isTrustedItself(child, roots)) break;

    const depth = chain.length - 1 - selfIssued;
    let parent = await findParent(child, roots, true, depth, build);
    isTrusted = parent !== undefined;
    parent ??= await findParent(child, certificates.slice(at + 1), false, depth, build);
    if (!parent) {
      flags.add("CHAIN_UNTRUSTED");
      break;
    }
    if (chain.length !== 1 && sameNameMbedtls(child.issuer, child.subject)) selfIssued++;
    if (!isTrusted && chain.length > MAX_INTERMEDIATES) {
      flags.add("CHAIN_TOO_LONG");
      break;
    }
    if (!parent.isGood) flags.add("CERTIFICATE_SIGNATURE");
    if (isWeak(parent.certificate)) flags.add("CERTIFICATE_KEY_WEAK");
    child = parent.certificate;
    if (!isTrusted) at = certificates.indexOf(child, at + 1);
  }
  return { chain, flags };
}

function isWeak({ key }: Certificate): boolean {
  return key?.kty === "RSA" && key.bits < 2048;
}

/** A certificate of the store may sign itself, but only one that names itself as its issuer. */
function isTrustedItself(certificate: Certificate, roots: readonly Certificate[]): boolean {
  const isOwnIssuer = sameNameMbedtls(certificate.issuer, certificate.subject);
  return isOwnIssuer && roots.some(({ der }) => equalBytes(der, certificate.der));
}

interface Parent {
  certificate: Certificate;
  isGood: boolean;
}

/** `x509_crt_find_parent_in`: the first that fits and is in date, else the first that fits. */
async function findParent(
  child: Certificate,
  candidates: readonly Certificate[],
  top: boolean,
  depth: number,
  build: MbedtlsBuild,
): Promise<Parent | undefined> {
  let fallback: Parent | undefined;
  for (const certificate of candidates) {
    if (!mayIssue(certificate, child, top, build)) continue;
    const pathLength = certificate.constraints?.pathLength;
    if (pathLength !== undefined && pathLength < depth) continue;
    const isGood = await isSignedBy(child, certificate);
    if (top && !isGood) continue;
    const { notBefore, notAfter } = certificate;
    if (!build.now || (build.now >= notBefore && build.now <= notAfter)) return { certificate, isGood };
    fallback ??= { certificate, isGood };
  }
  return fallback;
}

function mayIssue(parent: Certificate, child: Certificate, top: boolean, { checksKeyUsage }: MbedtlsBuild): boolean {
  if (!sameNameMbedtls(child.issuer, parent.subject)) return false;
  if (top && parent.version < 3) return true;
  return parent.constraints?.ca === true && !(checksKeyUsage && parent.keyUsage?.keyCertSign === false);
}
