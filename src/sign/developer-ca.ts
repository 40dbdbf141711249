import type { Bytes } from "../core/index.ts";
import { toHex } from "../core/internal.ts";
import { jwsAlgorithms } from "./algorithms.ts";
import { encodeBase64 } from "./base64.ts";
import { localSign, type PrivateKey } from "./crypto.ts";
import type { SignatureAlgorithm } from "./types.ts";

/** PEM texts. */
export interface DeveloperCa {
  /** The anchor: what a device's store and `trust.certificates` hold. */
  root: string;
  /** Leaf, then intermediate: what goes into signatures. */
  certificates: string;
  /** The leaf's private key, PKCS#8. */
  key: string;
}

/**
 * A throw-away CA for development: root, intermediate and a leaf that may sign code; every name says DEVELOPMENT. The
 * keys of root and intermediate are forgotten, so nothing else can ever be issued below them. Root and intermediate live
 * ten years from the day before `now`, the leaf three. Keys and serial numbers are random; everything else follows from
 * the options.
 *
 * @throws `PvError` `SIGN_KEY_UNSUPPORTED` when an RSA key is asked for where there is no WebCrypto to make one.
 * @example
 * ```ts
 * import { createDeveloperCa } from "@pv/sdk";
 * const ca = await createDeveloperCa({ alg: "ES256", now: new Date("2026-01-01") });
 * if (!ca.root.startsWith("-----BEGIN CERTIFICATE-----")) throw new Error(ca.root);
 * if (!ca.key.startsWith("-----BEGIN PRIVATE KEY-----")) throw new Error("no PKCS#8");
 * ```
 */
export async function createDeveloperCa(
  options: { alg?: SignatureAlgorithm | undefined; now?: Date | undefined } = {},
): Promise<DeveloperCa> {
  const { alg = "RS256", now = new Date() } = options;
  const { issueCertificate } = await import("./x509/issue.ts");
  const { generateKey } = await import("./generate-key.ts");
  const tag = toHex(randomBytes(3));
  const start = Math.floor(now.getTime() / 1000) * 1000 - DAY;
  const dates = (years: number): { notBefore: Date; notAfter: Date } => ({
    notBefore: new Date(start),
    notAfter: new Date(start + years * 365 * DAY),
  });
  const { hash } = jwsAlgorithms[alg]!;
  const [root, intermediate, leaf] = await Promise.all([generateKey(alg), generateKey(alg), generateKey(alg)]);
  const holder = async (kind: "root" | "intermediate" | "leaf", secret: PrivateKey, years: number) => ({
    name: `DEVELOPMENT ${kind === "leaf" ? "signing" : `${kind} CA`} ${tag}`,
    key: secret.public,
    kind,
    alg,
    sign: await localSign(secret, hash),
    serial: serialNumber(),
    ...dates(years),
  });
  const top = await holder("root", root.secret, 10);
  const middle = await holder("intermediate", intermediate.secret, 10);
  const bottom = await holder("leaf", leaf.secret, 3);
  return {
    root: pem("CERTIFICATE", await issueCertificate(top, top)),
    certificates:
      pem("CERTIFICATE", await issueCertificate(bottom, middle)) +
      pem("CERTIFICATE", await issueCertificate(middle, top)),
    key: pem("PRIVATE KEY", leaf.pkcs8),
  };
}

const DAY = 24 * 60 * 60 * 1000;

function randomBytes(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** 127 random bits, positive and of full length. */
function serialNumber(): Bytes {
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  return serial;
}

function pem(label: string, bytes: Bytes): string {
  const lines = encodeBase64(bytes).replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
