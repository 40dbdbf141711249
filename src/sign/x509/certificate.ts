/**
 * Certificates as the chain rules need them. The structure is read by `@peculiar/asn1-x509`; what is signed, compared or
 * handed to WebCrypto is a slice of the certificate's own bytes. Loaded on demand.
 *
 * @module
 */
import { AsnConvert } from "@peculiar/asn1-schema";
import {
  Certificate as Asn1Certificate,
  AuthorityKeyIdentifier,
  BasicConstraints,
  ExtendedKeyUsage,
  KeyUsage,
} from "@peculiar/asn1-x509";
import type { Bytes } from "../../core/index.ts";
import { equalBytes } from "../../core/internal.ts";
import { coordinateSize, type Hash, type Scheme } from "../algorithms.ts";
import { verifySignature } from "../crypto.ts";
import { BIT_STRING, type DerElement, isDer, readAllDer, readSequence, SEQUENCE } from "../der.ts";
import { ecdsaFromDer } from "../ecdsa-signature.ts";
import { type PublicKey, publicKeyFromSpki } from "../public-key.ts";
import { type DistinguishedName, readName } from "./name.ts";

/** One certificate. */
export interface Certificate {
  der: Bytes;
  /** What its issuer signed. */
  tbs: Bytes;
  version: number;
  /** Content of the INTEGER. */
  serial: Uint8Array;
  issuer: DistinguishedName;
  subject: DistinguishedName;
  notBefore: Date;
  notAfter: Date;
  /** Undefined where the key is of a kind that cannot verify here. */
  key: PublicKey | undefined;
  /** How the issuer signed it; undefined where that cannot be verified here or is broken (SHA-1, MD5). */
  algorithm: { scheme: Scheme; hash: Hash } | undefined;
  /** The same identifier stands inside and outside of what is signed. */
  algorithmsAgree: boolean;
  signature: Bytes;
  extensions: readonly { oid: string; critical: boolean }[];
  constraints: { ca: boolean; pathLength: number | undefined } | undefined;
  keyUsage: KeyUses | undefined;
  /** Object identifiers of the purposes it is limited to. */
  purposes: readonly string[] | undefined;
  /** Subject alternative names. */
  names: readonly DerElement[] | undefined;
  nameConstraints: NameConstraints | undefined;
  /** It names the key of its issuer. */
  authorityKey: AuthorityKeyIdentifier | undefined;
}

/** Names below a CA (RFC 5280, 4.2.1.10): each a GeneralName, told apart by its tag. */
export interface NameConstraints {
  permitted: readonly DerElement[];
  excluded: readonly DerElement[];
}

/** What a key may be used for, as far as chains ask. */
export interface KeyUses {
  digitalSignature: boolean;
  keyCertSign: boolean;
}

/** Object identifiers of extensions (RFC 5280, 4.2). */
export const extensionIds = {
  subjectKey: "2.5.29.14",
  keyUsage: "2.5.29.15",
  names: "2.5.29.17",
  constraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  policies: "2.5.29.32",
  authorityKey: "2.5.29.35",
  policyConstraints: "2.5.29.36",
  purposes: "2.5.29.37",
} as const;

/** Signature algorithms by object identifier; anything else cannot be verified here, or must not be. */
const algorithms: Readonly<Record<string, { scheme: Scheme; hash: Hash }>> = {
  "1.2.840.113549.1.1.11": { scheme: "pkcs1", hash: "SHA-256" },
  "1.2.840.113549.1.1.12": { scheme: "pkcs1", hash: "SHA-384" },
  "1.2.840.113549.1.1.13": { scheme: "pkcs1", hash: "SHA-512" },
  "1.2.840.10045.4.3.2": { scheme: "ecdsa", hash: "SHA-256" },
  "1.2.840.10045.4.3.3": { scheme: "ecdsa", hash: "SHA-384" },
  "1.2.840.10045.4.3.4": { scheme: "ecdsa", hash: "SHA-512" },
};

/** A certificate from its DER; undefined for anything that is not one whole, well-formed certificate. */
export function readCertificate(der: Bytes): Certificate | undefined {
  try {
    if (isDer(der)) return read(der);
  } catch {
    // none
  }
  return undefined;
}

function read(der: Bytes): Certificate {
  const parsed = AsnConvert.parse(der, Asn1Certificate);
  const { tbsCertificate, signatureAlgorithm } = parsed;
  const [tbs, outer, signature] = readSequence(der, SEQUENCE, SEQUENCE, BIT_STRING);
  const all = readSequence(tbs!.whole);
  const fields = all[0]!.tag === 0xa0 ? all.slice(1) : all;
  const [serial, inner, issuer, , subject, spki] = fields;
  if (signature!.body[0] !== 0) throw new RangeError("no certificate");
  const { notBefore, notAfter } = tbsCertificate.validity;
  const extensions = tbsCertificate.extensions ?? [];
  const content = (oid: string): Uint8Array | undefined => {
    const found = extensions.find(({ extnID }) => extnID === oid);
    const bytes = found && new Uint8Array(found.extnValue.buffer);
    if (bytes && !isDer(bytes)) throw new RangeError("an extension is no DER");
    return bytes;
  };
  const value = <T>(oid: string, type: new () => T): T | undefined => {
    const bytes = content(oid);
    return bytes && AsnConvert.parse(bytes, type);
  };
  const names = content(extensionIds.names);
  const limits = content(extensionIds.nameConstraints);
  const constraints = value(extensionIds.constraints, BasicConstraints);
  const uses = value(extensionIds.keyUsage, KeyUsage)?.toJSON();
  const pathLength = constraints?.pathLenConstraint;
  if (pathLength !== undefined && !(pathLength >= 0)) throw new RangeError("no path length");
  return {
    der,
    tbs: new Uint8Array(tbs!.whole),
    version: tbsCertificate.version + 1,
    serial: serial!.body,
    issuer: readName(issuer!),
    subject: readName(subject!),
    notBefore: notBefore.getTime(),
    notAfter: notAfter.getTime(),
    key: publicKeyFromSpki(spki!.whole),
    algorithm: algorithms[signatureAlgorithm.algorithm],
    algorithmsAgree: equalBytes(inner!.whole, outer!.whole),
    signature: signature!.body.slice(1),
    extensions: extensions.map(({ extnID, critical }) => ({ oid: extnID, critical })),
    constraints: constraints && { ca: constraints.cA, pathLength },
    keyUsage: uses && {
      digitalSignature: uses.includes("digitalSignature"),
      keyCertSign: uses.includes("keyCertSign"),
    },
    purposes: value(extensionIds.purposes, ExtendedKeyUsage),
    names: names && readSome(readSequence(names)),
    nameConstraints: limits && readNameConstraints(limits),
    authorityKey: value(extensionIds.authorityKey, AuthorityKeyIdentifier),
  };
}

/** Lists of X.509 are never empty. */
function readSome(elements: DerElement[]): DerElement[] {
  if (elements.length === 0) throw new RangeError("an empty list");
  return elements;
}

/** GeneralSubtrees; minimum and maximum, which RFC 5280 forbids, are refused. */
function readNameConstraints(bytes: Uint8Array): NameConstraints {
  const lists = readSome(readSequence(bytes));
  const bases = (tag: number): DerElement[] => {
    const list = lists.find((element) => element.tag === tag);
    return list ? readSome(readAllDer(list.body, SEQUENCE)).map(({ whole }) => one(readSequence(whole))) : [];
  };
  if (!lists.every(({ tag }, i) => tag === 0xa0 || (tag === 0xa1 && i === lists.length - 1)))
    throw new RangeError("no name constraints");
  return { permitted: bases(0xa0), excluded: bases(0xa1) };
}

function one(elements: DerElement[]): DerElement {
  if (elements.length !== 1) throw new RangeError("not one element");
  return elements[0]!;
}

/** True where `issuer`'s key made the signature of `certificate`. */
export async function isSignedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  const { algorithm, signature, tbs } = certificate;
  const { key } = issuer;
  if (!algorithm || !key) return false;
  const form = key.kty === "EC" ? ecdsaFromDer(signature, coordinateSize[key.crv]) : signature;
  return form !== undefined && verifySignature(key, algorithm.scheme, algorithm.hash, tbs, form);
}
