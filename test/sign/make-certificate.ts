import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import {
  BIT_STRING,
  BOOLEAN,
  INTEGER,
  NULL,
  OCTET_STRING,
  OID,
  SEQUENCE,
  writeDer,
  writeInteger,
} from "../../src/sign/der.ts";

/** Certificates of every kind, right and wrong, made by Node and a few lines of DER. */

/** Content of an object identifier. */
function oid(dotted: string): Uint8Array {
  const [first, second, ...rest] = dotted.split(".").map(Number);
  const bytes = [first! * 40 + second!];
  for (const arc of rest) {
    const group = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) group.unshift((left & 0x7f) | 0x80);
    bytes.push(...group);
  }
  return new Uint8Array(bytes);
}

const id = (dotted: string): Uint8Array => writeDer(OID, oid(dotted));
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** One extension. */
export interface ExtensionSpec {
  oid: string;
  critical?: boolean;
  value: Uint8Array;
}

export const codeSigning = "1.3.6.1.5.5.7.3.3";

/** GeneralNames by tag. */
export const dnsName = (name: string): Uint8Array => writeDer(0x82, text(name));
export const emailName = (name: string): Uint8Array => writeDer(0x81, text(name));
export const uriName = (name: string): Uint8Array => writeDer(0x86, text(name));
export const ipName = (...octets: number[]): Uint8Array => writeDer(0x87, new Uint8Array(octets));
export const directoryName = (commonName: string): Uint8Array => writeDer(0xa4, name(commonName));
export const registeredId = (dotted: string): Uint8Array => writeDer(0x88, oid(dotted));

/** What can be said about a certificate; the rest is as it should be. */
export interface CertificateSpec {
  subject: string | Uint8Array;
  ca?: boolean | undefined;
  /** No basicConstraints at all. */
  noConstraints?: boolean | undefined;
  pathLength?: number | undefined;
  /** Bits of keyUsage, first bit first ("1" digitalSignature, "000001" keyCertSign); none where null. */
  keyUsage?: string | null | undefined;
  purposes?: readonly string[] | null | undefined;
  names?: readonly Uint8Array[] | undefined;
  permitted?: readonly Uint8Array[] | undefined;
  excluded?: readonly Uint8Array[] | undefined;
  notBefore?: Date | undefined;
  notAfter?: Date | undefined;
  extensions?: readonly ExtensionSpec[] | undefined;
  version?: number | undefined;
  serial?: Uint8Array | undefined;
  hash?: "sha1" | "sha224" | "sha256" | "sha384" | "sha512" | undefined;
  /** Named inside of what is signed, if not the one that signs. */
  innerAlgorithm?: Uint8Array | undefined;
  /** With identifiers of subject's and issuer's key, as RFC 5280 asks. */
  identifiers?: boolean | undefined;
  constraintsCritical?: boolean | undefined;
}

/** A certificate with its key. */
export interface Holder {
  subject: string | Uint8Array;
  der: Uint8Array;
  pem: string;
  key: KeyObject;
  publicKey: KeyObject;
}

/** A distinguished name with a common name. */
export function name(commonName: string | Uint8Array): Uint8Array {
  if (typeof commonName !== "string") return commonName;
  if (commonName === "") return writeDer(SEQUENCE);
  return writeDer(SEQUENCE, writeDer(0x31, writeDer(SEQUENCE, id("2.5.4.3"), writeDer(0x0c, text(commonName)))));
}

const time = (date: Date): Uint8Array => {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, "");
  return date.getUTCFullYear() < 2050 ? writeDer(0x17, text(digits.slice(2))) : writeDer(0x18, text(digits));
};

function bits(flags: string): Uint8Array {
  const padded = flags.padEnd(Math.ceil(flags.length / 8) * 8, "0");
  const bytes = padded.match(/.{8}/g)!.map((octet) => Number.parseInt(octet, 2));
  return writeDer(BIT_STRING, new Uint8Array([padded.length - flags.length, ...bytes]));
}

function algorithm(key: KeyObject, hash: string): Uint8Array {
  if (key.asymmetricKeyType === "rsa") {
    const last = { sha1: 5, sha224: 14, sha256: 11, sha384: 12, sha512: 13 }[hash]!;
    return writeDer(SEQUENCE, id(`1.2.840.113549.1.1.${last}`), NULL);
  }
  return writeDer(
    SEQUENCE,
    id(
      hash === "sha1"
        ? "1.2.840.10045.4.1"
        : `1.2.840.10045.4.3.${{ sha224: 1, sha256: 2, sha384: 3, sha512: 4 }[hash]}`,
    ),
  );
}

const keyIdentifier = (key: KeyObject): Uint8Array =>
  createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest()
    .subarray(0, 20);

const subtree = (base: Uint8Array): Uint8Array => writeDer(SEQUENCE, base);

function extensionsOf(spec: CertificateSpec, publicKey: KeyObject, issuerKey: KeyObject): ExtensionSpec[] {
  const { ca = false, pathLength, keyUsage, purposes, names, permitted, excluded, identifiers = true } = spec;
  const found: ExtensionSpec[] = [];
  if (!spec.noConstraints) {
    const flag = ca ? [writeDer(BOOLEAN, new Uint8Array([0xff]))] : [];
    const limit = pathLength === undefined ? [] : [writeInteger(new Uint8Array([pathLength]))];
    const critical = spec.constraintsCritical ?? true;
    found.push({ oid: "2.5.29.19", critical, value: writeDer(SEQUENCE, ...flag, ...limit) });
  }
  const uses = keyUsage === undefined ? (ca ? "0000011" : "1") : keyUsage;
  if (uses !== null) found.push({ oid: "2.5.29.15", critical: true, value: bits(uses) });
  const wanted = purposes === undefined ? (ca ? null : [codeSigning]) : purposes;
  if (wanted) found.push({ oid: "2.5.29.37", value: writeDer(SEQUENCE, ...wanted.map(id)) });
  if (names) found.push({ oid: "2.5.29.17", value: writeDer(SEQUENCE, ...names) });
  if (permitted || excluded) {
    const lists = [
      ...(permitted ? [writeDer(0xa0, ...permitted.map(subtree))] : []),
      ...(excluded ? [writeDer(0xa1, ...excluded.map(subtree))] : []),
    ];
    found.push({ oid: "2.5.29.30", critical: true, value: writeDer(SEQUENCE, ...lists) });
  }
  if (identifiers) {
    found.push({ oid: "2.5.29.14", value: writeDer(OCTET_STRING, keyIdentifier(publicKey)) });
    found.push({ oid: "2.5.29.35", value: writeDer(SEQUENCE, writeDer(0x80, keyIdentifier(issuerKey))) });
  }
  return [...found, ...(spec.extensions ?? [])];
}

/** The kinds of keys that tests need; made once each, since RSA keys take their time. */
const made = new Map<string, { privateKey: KeyObject; publicKey: KeyObject }>();

/** A key pair: `p256`, `p384`, `p521`, `secp256k1`, `rsa2048`, `rsa1024`; a suffix makes another one of the kind. */
export function keyPair(kind: string): { privateKey: KeyObject; publicKey: KeyObject } {
  let pair = made.get(kind);
  if (!pair) {
    const [, type, size] = /^(rsa|p|secp)(\d+(?:k1)?)/.exec(kind)!;
    pair =
      type === "rsa"
        ? generateKeyPairSync("rsa", { modulusLength: Number(size) })
        : generateKeyPairSync("ec", { namedCurve: type === "p" ? `P-${size}` : `secp${size}` });
    made.set(kind, pair);
  }
  return pair;
}

/** A certificate for a key of this kind, issued by `issuer` or by itself. */
export function makeCertificate(spec: CertificateSpec, issuer?: Holder, kind = "p256"): Holder {
  const pair = keyPair(`${kind} ${typeof spec.subject === "string" ? spec.subject : "raw"}`);
  const [issuerKey, issuerPublic] = issuer ? [issuer.key, issuer.publicKey] : [pair.privateKey, pair.publicKey];
  const { hash = "sha256", version = 3 } = spec;
  const outer = algorithm(issuerKey, hash);
  const extensions = extensionsOf(spec, pair.publicKey, issuerPublic).map(({ oid: dotted, critical, value }) =>
    writeDer(
      SEQUENCE,
      id(dotted),
      ...(critical ? [writeDer(BOOLEAN, new Uint8Array([0xff]))] : []),
      writeDer(OCTET_STRING, value),
    ),
  );
  const tbs = writeDer(
    SEQUENCE,
    ...(version === 1 ? [] : [writeDer(0xa0, writeDer(INTEGER, new Uint8Array([version - 1])))]),
    writeDer(INTEGER, spec.serial ?? new Uint8Array([0x11, 0x22])),
    spec.innerAlgorithm ?? outer,
    name(issuer?.subject ?? spec.subject),
    writeDer(
      SEQUENCE,
      time(spec.notBefore ?? new Date("2026-01-01T00:00:00Z")),
      time(spec.notAfter ?? new Date("2027-01-01T00:00:00Z")),
    ),
    name(spec.subject),
    pair.publicKey.export({ type: "spki", format: "der" }),
    ...(version === 1 || extensions.length === 0 ? [] : [writeDer(0xa3, writeDer(SEQUENCE, ...extensions))]),
  );
  const signature = sign(hash, tbs, issuerKey);
  const der = writeDer(SEQUENCE, tbs, outer, writeDer(BIT_STRING, new Uint8Array(1), signature));
  return { subject: spec.subject, der, pem: toPem(der), key: pair.privateKey, publicKey: pair.publicKey };
}

export function toPem(der: Uint8Array, label = "CERTIFICATE"): string {
  const lines = Buffer.from(der)
    .toString("base64")
    .replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

/** The private key of a holder, PKCS#8. */
export const keyPem = ({ key }: Holder): string => key.export({ type: "pkcs8", format: "pem" }) as string;
