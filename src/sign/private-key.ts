import { toHex } from "../core/internal.ts";
import { type Curve, coordinateSize, curveOids, EC_PUBLIC_KEY, RSA_ENCRYPTION } from "./algorithms.ts";
import { encodeBase64Url } from "./base64.ts";
import type { PrivateKey } from "./crypto.ts";
import { BIT_STRING, type DerElement, INTEGER, OCTET_STRING, OID, readSequence, SEQUENCE, trimZeros } from "./der.ts";
import { keyUnsupported } from "./key-error.ts";
import { readPem } from "./pem.ts";
import { ecKeyFromPoint, rsaKey } from "./public-key.ts";
import type { Pem } from "./types.ts";

/**
 * The first private key of a PEM text, as pvr picks it: PKCS#1, PKCS#8 (also encrypted), SEC1, also behind a block of
 * `EC PARAMETERS`.
 *
 * @throws `PvError` `SIGN_KEY_UNSUPPORTED` when there is none, or it is of another kind, or cannot be decrypted.
 */
export async function readPrivateKey(pem: Pem, passphrase: string | undefined): Promise<PrivateKey> {
  const block = readPem(pem).find(({ label }) => label.includes("PRIVATE KEY"));
  if (!block) throw keyUnsupported("no private key in the PEM text");
  if (block.headers) {
    throw keyUnsupported(
      "it is encrypted in the old OpenSSL form",
      "convert it: openssl pkcs8 -topk8 -in old -out new",
    );
  }
  if (!block.bytes) throw keyUnsupported("the base64 of its PEM block is broken");
  const { label, bytes } = block;
  try {
    switch (label) {
      case "RSA PRIVATE KEY":
        return readPkcs1(bytes);
      case "EC PRIVATE KEY":
        return await readSec1(bytes, undefined);
      case "PRIVATE KEY":
        return await readPkcs8(bytes);
      case "ENCRYPTED PRIVATE KEY": {
        if (passphrase === undefined) throw keyUnsupported("it is encrypted", "give its passphrase");
        const { decryptPkcs8 } = await import("./encrypted-key.ts");
        return await readPkcs8(await decryptPkcs8(bytes, passphrase));
      }
      default:
        throw keyUnsupported(`a block of ${label}`, "RSA and EC keys in PKCS#1, PKCS#8 or SEC1 form can sign");
    }
  } catch (error) {
    throw error instanceof RangeError ? keyUnsupported("its structure is broken", undefined, error) : error;
  }
}

const number = (element: DerElement | undefined): string =>
  encodeBase64Url(trimZeros(element?.body ?? new Uint8Array()));

/** RSAPrivateKey (RFC 8017, A.1.2) with two primes. */
function readPkcs1(bytes: Uint8Array): PrivateKey {
  const [version, n, e, d, p, q, dp, dq, qi] = readSequence(bytes, ...new Array<number>(9).fill(INTEGER));
  if (version!.body[0] !== 0 || !qi) throw new RangeError("not two primes");
  const key = rsaKey(n!.body, e!.body);
  if (key?.kty !== "RSA" || key.bits < 2048) throw keyUnsupported("RSA keys of 2048 to 16384 bits can sign");
  const jwk = { kty: "RSA", n: number(n), e: number(e), d: number(d), p: number(p), q: number(q) };
  return { jwk: { ...jwk, dp: number(dp), dq: number(dq), qi: number(qi) }, public: key };
}

/** ECPrivateKey (RFC 5915, 3); the curve is its own, or that of the PKCS#8 around it. */
async function readSec1(bytes: Uint8Array, outer: Curve | undefined): Promise<PrivateKey> {
  const [version, scalar, ...optional] = readSequence(bytes, INTEGER, OCTET_STRING);
  if (version!.body[0] !== 1 || !scalar) throw new RangeError("not an EC private key");
  const inner = (tag: number): DerElement | undefined => {
    const element = optional.find((candidate) => candidate.tag === tag);
    return element && readSequence(asSequence(element))[0];
  };
  const parameters = inner(0xa0);
  const crv = parameters ? curveOids[toHex(parameters.body)] : outer;
  if (!crv) throw keyUnsupported("its curve is none of P-256, P-384, P-521");
  const d = new Uint8Array(coordinateSize[crv]);
  const least = trimZeros(scalar.body);
  if (least.length > d.length) throw new RangeError("the scalar is too long");
  d.set(least, d.length - least.length);
  const bits = inner(0xa1);
  const point = bits ? bits.body.subarray(1) : await (await import("./plain-crypto.ts")).plainPoint(crv, d);
  const key = bits && bits.tag !== BIT_STRING ? undefined : ecKeyFromPoint(crv, point);
  if (!key) throw new RangeError("no public point");
  return { jwk: { ...(key.jwk as Record<string, string>), d: encodeBase64Url(d) }, public: key };
}

/** An explicit tag holds its one element as a SEQUENCE would. */
function asSequence({ whole }: DerElement): Uint8Array {
  const copy = whole.slice();
  copy[0] = SEQUENCE;
  return copy;
}

/** PrivateKeyInfo or OneAsymmetricKey (RFC 5958, 2). */
async function readPkcs8(bytes: Uint8Array): Promise<PrivateKey> {
  const [, algorithm, key] = readSequence(bytes, INTEGER, SEQUENCE, OCTET_STRING);
  const [oid, parameters] = readSequence(algorithm!.whole, OID);
  switch (toHex(oid!.body)) {
    case RSA_ENCRYPTION:
      return readPkcs1(key!.body);
    case EC_PUBLIC_KEY:
      return readSec1(key!.body, parameters && curveOids[toHex(parameters.body)]);
    default:
      throw keyUnsupported("it is neither RSA nor EC", "pvr and devices take RSA, P-256, P-384 and P-521 keys");
  }
}
