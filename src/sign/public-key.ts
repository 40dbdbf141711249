import type { Bytes, JsonObject } from "../core/index.ts";
import { equalBytes, fromHex, toHex } from "../core/internal.ts";
import { type Curve, coordinateSize, curveOids, EC_PUBLIC_KEY, RSA_ENCRYPTION } from "./algorithms.ts";
import { decodeBase64Url, encodeBase64Url } from "./base64.ts";
import { BIT_STRING, INTEGER, NULL, OID, readSequence, SEQUENCE, trimZeros, writeDer, writeInteger } from "./der.ts";
import { readPemBlocks } from "./pem.ts";
import type { Pem } from "./types.ts";

/** A public key that can verify here: its numbers, and both forms in which it travels. */
export type PublicKey = (
  | { kty: "RSA"; crv?: undefined; n: Uint8Array; e: Uint8Array; bits: number }
  | { kty: "EC"; crv: Curve; x: Uint8Array; y: Uint8Array; bits?: undefined }
) & {
  /** SubjectPublicKeyInfo (RFC 5280, 4.1.2.7), always in the one form written here. */
  spki: Bytes;
  /** Members in the order that pvr writes. */
  jwk: JsonObject;
};

/** The number of significant bits. */
function bitLength(number: Uint8Array): number {
  return number.length * 8 - Math.clz32(number[0] ?? 0) + 24;
}

function algorithm(oid: string, parameters: Uint8Array): Bytes {
  return writeDer(SEQUENCE, writeDer(OID, fromHex(oid)!), parameters);
}

/** An RSA key from modulus and exponent; undefined for an even, a tiny or a monstrous one. */
export function rsaKey(modulus: Uint8Array, exponent: Uint8Array): PublicKey | undefined {
  const n = trimZeros(modulus);
  const e = trimZeros(exponent);
  const bits = bitLength(n);
  const odd = ((n[n.length - 1] ?? 0) & (e[e.length - 1] ?? 0) & 1) === 1;
  // Exponent 1 would make every signature valid; long ones and long moduli only serve to keep a verifier busy.
  if (!odd || bits < 512 || bits > 16384 || e.length > 8 || (e.length === 1 && e[0]! < 3)) return undefined;
  const key = writeDer(SEQUENCE, writeInteger(n), writeInteger(e));
  const spki = writeDer(SEQUENCE, algorithm(RSA_ENCRYPTION, NULL), writeDer(BIT_STRING, new Uint8Array(1), key));
  return { kty: "RSA", n, e, bits, spki, jwk: { kty: "RSA", n: encodeBase64Url(n), e: encodeBase64Url(e) } };
}

/** An EC key from its coordinates, each of full size. */
export function ecKey(crv: Curve, x: Uint8Array, y: Uint8Array): PublicKey | undefined {
  const size = coordinateSize[crv];
  if (x.length !== size || y.length !== size) return undefined;
  const oid = Object.keys(curveOids).find((known) => curveOids[known] === crv)!;
  const spki = writeDer(
    SEQUENCE,
    algorithm(EC_PUBLIC_KEY, writeDer(OID, fromHex(oid)!)),
    writeDer(BIT_STRING, new Uint8Array([0, 4]), x, y),
  );
  return { kty: "EC", crv, x, y, spki, jwk: { kty: "EC", crv, x: encodeBase64Url(x), y: encodeBase64Url(y) } };
}

/** An EC key from an uncompressed point (SEC 1, 2.3.3). */
export function ecKeyFromPoint(crv: Curve, point: Uint8Array): PublicKey | undefined {
  const size = coordinateSize[crv];
  if (point[0] !== 4) return undefined;
  return ecKey(crv, point.slice(1, 1 + size), point.slice(1 + size));
}

/** The key in a SubjectPublicKeyInfo; undefined for one of another kind or a broken one. */
export function publicKeyFromSpki(spki: Uint8Array): PublicKey | undefined {
  try {
    const [identifier, bits] = readSequence(spki, SEQUENCE, BIT_STRING);
    const [oid, parameters] = readSequence(identifier!.whole, OID);
    if (bits?.body[0] !== 0) return undefined;
    const key = bits.body.subarray(1);
    switch (toHex(oid!.body)) {
      case RSA_ENCRYPTION: {
        const [n, e, ...more] = readSequence(key, INTEGER, INTEGER);
        return more.length > 0 || (n!.body[0]! | e!.body[0]!) >= 0x80 ? undefined : rsaKey(n!.body, e!.body);
      }
      case EC_PUBLIC_KEY: {
        const crv = parameters?.tag === OID ? curveOids[toHex(parameters.body)] : undefined;
        return crv && ecKeyFromPoint(crv, key);
      }
      default:
        return undefined;
    }
  } catch {
    // no key
  }
  return undefined;
}

/** The key in a JWK (RFC 7518, 6); undefined for one of another kind, a broken or a private one. */
export function publicKeyFromJwk(jwk: unknown): PublicKey | undefined {
  if (typeof jwk !== "object" || jwk === null || "d" in jwk) return undefined;
  const { kty, crv, n, e, x, y } = jwk as Record<string, unknown>;
  const bytes = (value: unknown): Bytes => (typeof value === "string" && decodeBase64Url(value)) || new Uint8Array(0);
  if (kty === "RSA") return rsaKey(bytes(n), bytes(e));
  // Only a string: an object with a member toString has none that could be called.
  return kty === "EC" && typeof crv === "string" && Object.hasOwn(coordinateSize, crv)
    ? ecKey(crv as Curve, bytes(x), bytes(y))
    : undefined;
}

/** The key of a certificate (RFC 5280, 4.1): the seventh field of its first, the version being optional. */
export function publicKeyFromCertificate(certificate: Uint8Array): PublicKey | undefined {
  try {
    const [tbs] = readSequence(certificate, SEQUENCE);
    const fields = readSequence(tbs!.whole);
    return publicKeyFromSpki(fields[fields[0]!.tag === 0xa0 ? 6 : 5]!.whole);
  } catch {
    // no certificate
  }
  return undefined;
}

/** The keys of a PEM text's `PUBLIC KEY` blocks that can verify here. */
export function publicKeysFromPem(pem: Pem | undefined): PublicKey[] {
  return readPemBlocks(pem, "PUBLIC KEY").flatMap((spki) => publicKeyFromSpki(spki) ?? []);
}

/** True for the same key, however it came. */
export function sameKey(a: PublicKey, b: PublicKey): boolean {
  return equalBytes(a.spki, b.spki);
}
