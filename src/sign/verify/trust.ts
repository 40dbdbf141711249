import type { Bytes } from "../../core/index.ts";
import { INTEGER, readSequence } from "../der.ts";
import { readPem } from "../pem.ts";
import { type PublicKey, publicKeyFromSpki, rsaKey } from "../public-key.ts";
import type { Pem } from "../types.ts";

/** A PKCS#1 RSAPublicKey (RFC 8017, A.1.1). */
export function publicKeyFromPkcs1(der: Uint8Array): PublicKey | undefined {
  try {
    const [n, e] = readSequence(der, INTEGER, INTEGER);
    return rsaKey(n!.body, e!.body);
  } catch {
    // no such key
  }
  return undefined;
}

/** What pvr makes of `--pubkey`: every block whose type begins with `PUBLIC `. */
export function publicKeysAsPvr(pem: Pem): PublicKey[] {
  return readPem(pem).flatMap(({ label, bytes }) =>
    label.startsWith("PUBLIC ") && bytes ? (publicKeyFromPkcs1(bytes) ?? publicKeyFromSpki(bytes) ?? []) : [],
  );
}

/** What a device makes of `pub.pem`: the first PKCS#1 block, else the first SPKI block. */
export function publicKeyAsDevice(pem: Pem | undefined): PublicKey | undefined {
  const blocks = pem === undefined ? [] : readPem(pem);
  const pkcs1 = blocks.find(({ label }) => label === "RSA PUBLIC KEY");
  if (pkcs1) return pkcs1.bytes && publicKeyFromPkcs1(pkcs1.bytes);
  const spki = blocks.find(({ label }) => label === "PUBLIC KEY");
  return spki?.bytes && publicKeyFromSpki(spki.bytes);
}

/** The certificates of a store; `broken` where a block of it is none. */
export function readStore(pem: Pem | undefined): { certificates: Bytes[]; broken: boolean } {
  const blocks = pem === undefined ? [] : readPem(pem).filter(({ label }) => label === "CERTIFICATE");
  return {
    certificates: blocks.flatMap(({ bytes, headers }) => (bytes && !headers ? [bytes] : [])),
    broken: blocks.some(({ bytes }) => bytes === undefined),
  };
}
