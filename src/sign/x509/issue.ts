/**
 * Makes certificates, for development only. Loaded on demand.
 *
 * @module
 */
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
} from "@peculiar/asn1-x509";
import type { Bytes } from "../../core/index.ts";
import { jwsAlgorithms } from "../algorithms.ts";
import { digest } from "../crypto.ts";
import { ecdsaToDer } from "../ecdsa-signature.ts";
import type { PublicKey } from "../public-key.ts";
import type { SignatureAlgorithm } from "../types.ts";
import { extensionIds } from "./certificate.ts";
import { CODE_SIGNING } from "./chain-rfc5280.ts";

/** Who issues: a name, a key, and how it signs. */
export interface Issuer {
  name: string;
  key: PublicKey;
  alg: SignatureAlgorithm;
  sign: (data: Bytes) => Promise<Bytes>;
}

/** What is issued. */
export interface Subject {
  name: string;
  key: PublicKey;
  kind: "root" | "intermediate" | "leaf";
  notBefore: Date;
  notAfter: Date;
  /** At most 20 octets, positive. */
  serial: Bytes;
}

const signatureIds: Readonly<Record<SignatureAlgorithm, string>> = {
  RS256: "1.2.840.113549.1.1.11",
  ES256: "1.2.840.10045.4.3.2",
  ES384: "1.2.840.10045.4.3.3",
  ES512: "1.2.840.10045.4.3.4",
};

function nameOf(commonName: string): Name {
  const value = new AttributeValue({ utf8String: commonName });
  return new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: "2.5.4.3", value })])]);
}

/** The leftmost 160 bits of the key's SHA-256 (RFC 7093, 2). */
async function keyIdentifier(key: PublicKey): Promise<ArrayBuffer> {
  return (await digest("SHA-256", key.spki)).slice(0, 20).buffer;
}

function extension(oid: string, critical: boolean, value: unknown): Extension {
  return new Extension({ extnID: oid, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

/** A certificate in DER. */
export async function issueCertificate(subject: Subject, issuer: Issuer): Promise<Bytes> {
  const isCa = subject.kind !== "leaf";
  const uses = isCa ? KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign : KeyUsageFlags.digitalSignature;
  const limit = subject.kind === "intermediate" ? { pathLenConstraint: 0 } : {};
  const authority = new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(await keyIdentifier(issuer.key)) });
  const algorithm = new AlgorithmIdentifier({
    algorithm: signatureIds[issuer.alg],
    ...(issuer.alg === "RS256" && { parameters: null }),
  });
  const tbsCertificate = new TBSCertificate({
    version: 2,
    serialNumber: subject.serial.slice().buffer,
    signature: algorithm,
    issuer: nameOf(issuer.name),
    validity: new Validity({ notBefore: subject.notBefore, notAfter: subject.notAfter }),
    subject: nameOf(subject.name),
    subjectPublicKeyInfo: AsnConvert.parse(subject.key.spki, SubjectPublicKeyInfo),
    extensions: new Extensions([
      ...(isCa ? [extension(extensionIds.constraints, true, new BasicConstraints({ cA: true, ...limit }))] : []),
      extension(extensionIds.keyUsage, true, new KeyUsage(uses)),
      ...(isCa ? [] : [extension(extensionIds.purposes, false, new ExtendedKeyUsage([CODE_SIGNING]))]),
      extension(extensionIds.subjectKey, false, new SubjectKeyIdentifier(await keyIdentifier(subject.key))),
      ...(subject.kind === "root" ? [] : [extension(extensionIds.authorityKey, false, authority)]),
    ]),
  });
  const signature = await issuer.sign(new Uint8Array(AsnConvert.serialize(tbsCertificate)));
  const form = jwsAlgorithms[issuer.alg]!.scheme === "ecdsa" ? ecdsaToDer(signature) : signature;
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: algorithm,
    signatureValue: form.slice().buffer,
  });
  return new Uint8Array(AsnConvert.serialize(certificate));
}
