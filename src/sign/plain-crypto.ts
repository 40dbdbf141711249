/**
 * The same signatures without WebCrypto (pages that came by plain http) and for what it lacks. ECDSA is noble's; RSA is
 * the textbook operation of RFC 8017 on BigInt, blinded where it uses a private key. Loaded on demand.
 *
 * @module
 */
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import type { Bytes } from "../core/index.ts";
import { concatBytes, equalBytes, fromHex, toHex } from "../core/internal.ts";
import { type Curve, coordinateSize, type Hash, type Scheme } from "./algorithms.ts";
import { decodeBase64Url } from "./base64.ts";
import type { PrivateKey } from "./crypto.ts";
import type { PublicKey } from "./public-key.ts";

const hashes = { "SHA-256": sha256, "SHA-384": sha384, "SHA-512": sha512 };

/** DigestInfo up to the digest (RFC 8017, 9.2, note 1). */
const digestInfo: Readonly<Record<Hash, string>> = {
  "SHA-256": "3031300d060960864801650304020105000420",
  "SHA-384": "3041300d060960864801650304020205000430",
  "SHA-512": "3051300d060960864801650304020305000440",
};

/** The hash of `data`. */
export function plainDigest(hash: Hash, data: Uint8Array): Bytes {
  return new Uint8Array(hashes[hash](data));
}

async function curveOf(crv: Curve) {
  const { p256, p384, p521 } = await import("@noble/curves/nist.js");
  return crv === "P-256" ? p256 : crv === "P-384" ? p384 : p521;
}

/** The uncompressed point of a private scalar. */
export async function plainPoint(crv: Curve, scalar: Uint8Array): Promise<Uint8Array> {
  return (await curveOf(crv)).getPublicKey(scalar, false);
}

/** A new random key. */
export async function plainKey(crv: Curve): Promise<{ scalar: Uint8Array; point: Uint8Array }> {
  const curve = await curveOf(crv);
  const scalar = curve.utils.randomSecretKey();
  return { scalar, point: curve.getPublicKey(scalar, false) };
}

/** True for an EC key whose point lies on its curve. */
export async function plainOnCurve(key: PublicKey): Promise<boolean> {
  if (key.kty !== "EC") return false;
  const { Point } = await curveOf(key.crv);
  try {
    Point.fromBytes(concatBytes([new Uint8Array([4]), key.x, key.y])).assertValidity();
    return true;
  } catch {
    return false;
  }
}

/** True where `signature` is `key`'s over `data`. */
export async function plainVerify(
  key: PublicKey,
  scheme: Scheme,
  hash: Hash,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const digest = plainDigest(hash, data);
  if (key.kty === "RSA") return verifyRsa(key, scheme, hash, digest, signature);
  try {
    const curve = await curveOf(key.crv);
    const point = concatBytes([new Uint8Array([4]), key.x, key.y]);
    return curve.verify(signature, digest, point, { prehash: false, lowS: false });
  } catch {
    return false; // no point of the curve, or a number out of range
  }
}

/** Signs in JOSE form: RSA PKCS#1 v1.5, or ECDSA with the nonce of RFC 6979. */
export async function plainSign(key: PrivateKey, hash: Hash, data: Uint8Array): Promise<Bytes> {
  const digest = plainDigest(hash, data);
  const secret = decodeBase64Url(key.jwk["d"]!)!;
  if (key.public.kty === "RSA") return signRsa(key.public, secret, hash, digest);
  const curve = await curveOf(key.public.crv);
  const scalar = new Uint8Array(coordinateSize[key.public.crv]);
  scalar.set(secret, scalar.length - secret.length);
  return new Uint8Array(curve.sign(digest, scalar, { prehash: false, lowS: false }));
}

const toNumber = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`);
const toBytes = (number: bigint, length: number): Bytes => fromHex(number.toString(16).padStart(2 * length, "0"))!;

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let square = base % modulus, rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

function inverse(number: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [number % modulus, modulus, 1n, 0n];
  while (a > 1n) [a, b, x, y] = [b % a, a, y - (b / a) * x, x];
  return ((x % modulus) + modulus) % modulus;
}

/** EMSA-PKCS1-v1_5 (RFC 8017, 9.2). */
function encodePkcs1(hash: Hash, digest: Uint8Array, length: number): Bytes {
  const info = concatBytes([fromHex(digestInfo[hash])!, digest]);
  const padding = new Uint8Array(length - info.length - 3).fill(0xff);
  return concatBytes([new Uint8Array([0, 1]), padding, new Uint8Array(1), info]);
}

function verifyRsa(
  key: PublicKey & { kty: "RSA" },
  scheme: Scheme,
  hash: Hash,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  const n = toNumber(key.n);
  if (signature.length !== key.n.length) return false;
  const s = toNumber(signature);
  if (s >= n) return false;
  const message = toBytes(power(s, toNumber(key.e), n), key.n.length);
  if (scheme === "pkcs1") return equalBytes(message, encodePkcs1(hash, digest, key.n.length));
  return verifyPss(message, key.bits - 1, hash, digest);
}

/** EMSA-PSS-VERIFY (RFC 8017, 9.1.2) with MGF1 of the same hash and a salt of any length. */
function verifyPss(message: Uint8Array, bits: number, hash: Hash, digest: Uint8Array): boolean {
  const length = Math.ceil(bits / 8);
  const encoded = message.subarray(message.length - length);
  const size = digest.length;
  const masked = encoded.slice(0, length - size - 1);
  const seed = encoded.subarray(masked.length, masked.length + size);
  const unused = 0xff >> (8 * length - bits);
  if (length < size + 2 || encoded[length - 1] !== 0xbc || (masked[0]! & ~unused) !== 0) return false;
  for (let at = 0, counter = 0; at < masked.length; at += size, counter++) {
    const mask = plainDigest(hash, concatBytes([seed, toBytes(BigInt(counter), 4)]));
    for (let i = 0; i < size && at + i < masked.length; i++) masked[at + i]! ^= mask[i]!;
  }
  masked[0]! &= unused;
  const one = masked.findIndex((byte) => byte !== 0);
  if (masked[one] !== 1) return false;
  return equalBytes(seed, plainDigest(hash, concatBytes([new Uint8Array(8), digest, masked.subarray(one + 1)])));
}

/** RSASP1 under a random blinding factor, checked with the public key so that a fault cannot give the key away. */
function signRsa(key: PublicKey & { kty: "RSA" }, secret: Uint8Array, hash: Hash, digest: Uint8Array): Bytes {
  const [n, e, d] = [toNumber(key.n), toNumber(key.e), toNumber(secret)];
  const message = toNumber(encodePkcs1(hash, digest, key.n.length));
  const blind = toNumber(crypto.getRandomValues(new Uint8Array(key.n.length - 1))) | 1n;
  const s = (power((message * power(blind, e, n)) % n, d, n) * inverse(blind, n)) % n;
  if (power(s, e, n) !== message) throw new RangeError("the private key does not belong to its public key");
  return toBytes(s, key.n.length);
}
