import type { Bytes } from "../../core/index.ts";
import { readDer } from "../der.ts";
import type { FindingCode } from "../findings.ts";
import type { PublicKey } from "../public-key.ts";
import type { SignatureReport, Trust } from "../types.ts";
import { type Certificate, readCertificate } from "../x509/certificate.ts";
import { isReadableByMbedtls, verifyChainAsMbedtls } from "../x509/chain-mbedtls.ts";
import { describeChain } from "../x509/describe.ts";
import { COMMON_NAME } from "../x509/name.ts";
import { mbedtlsBase64 } from "./device-base64.ts";
import type { DeviceTrust } from "./device-signature.ts";
import { Objection } from "./jws.ts";
import { publicKeyAsDevice, readStore } from "./trust.ts";

/** The key that a signature has to fit, and why it is not believed. */
export interface DeviceSigner extends Pick<SignatureReport, "subject" | "chain"> {
  key: PublicKey | undefined;
  problem: Objection | undefined;
}

const messages: Partial<Record<FindingCode, string>> = {
  CHAIN_UNTRUSTED: "no chain to the device's store",
  CHAIN_TOO_LONG: "more than eight intermediates",
  CERTIFICATE_SIGNATURE: "a certificate that its issuer did not sign",
  CERTIFICATE_KEY_WEAK: "an RSA key below 2048 bits",
  CERTIFICATE_ALGORITHM: "a certificate signed with a broken or unknown algorithm",
  CERTIFICATE_EXPIRED: "an expired certificate",
  CERTIFICATE_NOT_YET_VALID: "a certificate that is not yet valid",
};

/** The first certificate's key, or the one in `pub.pem` where there is no certificate. */
export async function deviceSigner(
  x5c: readonly string[],
  mayBeOem: boolean,
  trust: DeviceTrust,
): Promise<DeviceSigner> {
  if (x5c.length === 0) {
    const key = publicKeyAsDevice(trust.trust.publicKeys);
    return {
      key,
      problem: key ? undefined : new Objection("SIGNER_UNKNOWN", "no certificate, and the device has no key"),
    };
  }
  const certificates = x5c.map((text) => readForMbedtls(mbedtlsBase64(text)));
  const [leaf] = certificates;
  if (!leaf || !certificates.every((certificate) => certificate !== undefined)) {
    // signature.c then frees a store that it never made: whether that ends in a crash is up to the stack.
    throw new Objection("CERTIFICATE_INVALID", "x5c holds what mbedTLS cannot read; a device may even crash over it");
  }
  const isOem = mayBeOem && commonName(leaf) === trust.oemName;
  const roots = readRoots(isOem ? trust.oemTrust : trust.trust);
  if (typeof roots === "string")
    return { key: leaf.key, problem: new Objection(roots, "the device's store is empty or broken") };
  const stock = trust.build === "stock-mbedtls";
  const { chain, flags } = await verifyChainAsMbedtls(certificates, roots, {
    now: stock ? trust.now : undefined,
    checksKeyUsage: stock,
  });
  const [flag] = flags;
  const where = isOem ? " (the OEM's store)" : "";
  return {
    key: leaf.key,
    ...(await describeChain(chain)),
    problem: flag && new Objection(flag, `${messages[flag]}${where}`),
  };
}

/** A certificate as mbedTLS parses it: what follows it is not looked at. */
function readForMbedtls(bytes: Bytes | undefined): Certificate | undefined {
  try {
    const certificate = bytes && readCertificate(readDer(bytes).whole.slice());
    if (certificate && isReadableByMbedtls(certificate)) return certificate;
  } catch {
    // no DER
  }
  return undefined;
}

/** A store with one broken certificate is no store. */
function readRoots(trust: Trust | undefined): Certificate[] | FindingCode {
  const { certificates, broken } = readStore(trust?.certificates);
  if (broken) return "CERTIFICATE_INVALID";
  if (certificates.length === 0) return "TRUST_EMPTY";
  const roots = certificates.map(readForMbedtls);
  return roots.every((root) => root !== undefined) ? roots : "CERTIFICATE_INVALID";
}

/** The last common name, byte for byte, of which 255 bytes count. */
function commonName({ subject }: Certificate): string | undefined {
  const name = subject.sets.flat().findLast(({ oid }) => oid === COMMON_NAME);
  return name && new TextDecoder().decode(name.value.subarray(0, 255)).split("\0", 1)[0];
}
