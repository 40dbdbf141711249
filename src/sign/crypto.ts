import type { Bytes } from "../core/index.ts";
import { coordinateSize, type Hash, type Scheme } from "./algorithms.ts";
import type { PublicKey } from "./public-key.ts";

/** What is needed of WebCrypto; absent on pages that came by plain http. */
interface Subtle {
  digest(hash: string, data: Bytes): Promise<ArrayBuffer>;
  importKey(format: string, key: unknown, algorithm: object, extractable: boolean, usages: string[]): Promise<object>;
  exportKey(format: string, key: object): Promise<unknown>;
  sign(algorithm: object, key: object, data: Bytes): Promise<ArrayBuffer>;
  verify(algorithm: object, key: object, signature: Bytes, data: Bytes): Promise<boolean>;
}

/** WebCrypto's `subtle`, or undefined; asked each time, since a page may lack it. */
export function webCrypto(): Subtle | undefined {
  return (globalThis as { crypto?: { subtle?: Subtle } }).crypto?.subtle;
}

/** WebCrypto's name of a scheme. */
function algorithmName(scheme: Scheme, hash: Hash): object {
  return { name: scheme === "ecdsa" ? "ECDSA" : "RSASSA-PKCS1-v1_5", hash };
}

/** WebCrypto's parameters of a key import. */
export function importAlgorithm(key: PublicKey, scheme: Scheme, hash: Hash): object {
  return key.kty === "EC" ? { name: "ECDSA", namedCurve: key.crv } : algorithmName(scheme, hash);
}

/** The hash of `data`. */
export async function digest(hash: Hash, data: Bytes): Promise<Bytes> {
  const subtle = webCrypto();
  if (subtle) return new Uint8Array(await subtle.digest(hash, data));
  return (await import("./plain-crypto.ts")).plainDigest(hash, data);
}

/**
 * True where `signature` (EC: r‖s of the curve's size) is `key`'s over `data`. A signature of the wrong length and a
 * key that is no point of its curve are false, never an exception.
 */
export async function verifySignature(
  key: PublicKey,
  scheme: Scheme,
  hash: Hash,
  data: Bytes,
  signature: Bytes,
): Promise<boolean> {
  if ((key.kty === "EC") !== (scheme === "ecdsa")) return false;
  if (key.kty === "EC" && signature.length !== 2 * coordinateSize[key.crv]) return false;
  const subtle = webCrypto();
  // WebCrypto wants to be told the length of a PSS salt; a verifier takes any (RFC 8017, 9.1.2).
  if (!subtle || scheme === "pss") {
    return (await import("./plain-crypto.ts")).plainVerify(key, scheme, hash, data, signature);
  }
  let handle: object;
  try {
    handle = await subtle.importKey("spki", key.spki, importAlgorithm(key, scheme, hash), false, ["verify"]);
  } catch (error) {
    if (!isUnsupported(error)) return false;
    return (await import("./plain-crypto.ts")).plainVerify(key, scheme, hash, data, signature);
  }
  return subtle.verify(algorithmName(scheme, hash), handle, signature, data);
}

/** True for an EC key whose point lies on its curve. */
export async function isOnCurve(key: PublicKey): Promise<boolean> {
  const subtle = webCrypto();
  const algorithm = importAlgorithm(key, "ecdsa", "SHA-256");
  try {
    if (subtle) await subtle.importKey("spki", key.spki, algorithm, false, ["verify"]);
    return subtle !== undefined || (await import("./plain-crypto.ts")).plainOnCurve(key);
  } catch (error) {
    return isUnsupported(error) && (await import("./plain-crypto.ts")).plainOnCurve(key);
  }
}

/** True for the error of a WebCrypto that lacks a curve (P-521 in some); noble has it. */
function isUnsupported(error: unknown): boolean {
  return (error as { name?: string }).name === "NotSupportedError";
}

/** A private key as a JWK, ready to sign; made by `private-key.ts`, never exported. */
export interface PrivateKey {
  jwk: Record<string, string>;
  public: PublicKey;
}

/** A function that signs with `key` in JOSE form; the key itself stays in WebCrypto where there is one. */
export async function localSign(key: PrivateKey, hash: Hash): Promise<(data: Bytes) => Promise<Bytes>> {
  const scheme = key.public.kty === "EC" ? "ecdsa" : "pkcs1";
  const subtle = webCrypto();
  try {
    if (subtle) {
      const algorithm = importAlgorithm(key.public, scheme, hash);
      return webSign(await subtle.importKey("jwk", key.jwk, algorithm, false, ["sign"]), scheme, hash);
    }
  } catch (error) {
    if (!isUnsupported(error)) throw error;
  }
  const { plainSign } = await import("./plain-crypto.ts");
  return async (data) => plainSign(key, hash, data);
}

/** The same with a key that WebCrypto holds already. */
export function webSign(key: object, scheme: Scheme, hash: Hash): (data: Bytes) => Promise<Bytes> {
  return async (data) => new Uint8Array(await webCrypto()!.sign(algorithmName(scheme, hash), key, data));
}
