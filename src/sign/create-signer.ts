import { type Bytes, type JsonObject, PvError } from "../core/index.ts";
import { asBytes, utf8 } from "../core/internal.ts";
import { coordinateSize, type Hash, isDeviceAlgorithm, jwsAlgorithms } from "./algorithms.ts";
import { digest, localSign, verifySignature, webCrypto, webSign } from "./crypto.ts";
import { ecdsaFromDer } from "./ecdsa-signature.ts";
import { keyUnsupported } from "./key-error.ts";
import { readPemBlocks } from "./pem.ts";
import {
  type PublicKey,
  publicKeyFromCertificate,
  publicKeyFromJwk,
  publicKeysFromPem,
  sameKey,
} from "./public-key.ts";
import type { LocalKey, RemoteKey, SignatureAlgorithm, Signer, WebKey } from "./types.ts";

/**
 * Makes a key ready to sign and checks it: it must be of a kind that devices take (RSA from 2048 bits, P-256, P-384,
 * P-521), sign what its public key verifies, and be the first certificate's.
 *
 * A {@link LocalKey} is PEM text or a WebCrypto key; a {@link RemoteKey} is a callback into an HSM, a key service or a
 * PKCS#11 token, told the data and its hash, whose every answer is checked before it is used.
 *
 * @throws `PvError` `SIGN_KEY_UNSUPPORTED` when the key is of another kind, broken, or cannot be decrypted.
 * @throws `PvError` `SIGN_KEY_MISMATCH` when key and certificate (or public key) do not belong together.
 * @example
 * ```ts
 * import { createDeveloperCa, createSigner } from "@pv/sdk";
 * const ca = await createDeveloperCa({ now: new Date("2026-01-01") });
 * const signer = await createSigner({ key: ca.key, certificates: ca.certificates });
 * if (signer.alg !== "RS256" || signer.certificates.length !== 2) throw new Error(signer.alg);
 * ```
 */
export async function createSigner(key: LocalKey | RemoteKey): Promise<Signer> {
  const certificates = readPemBlocks(key.certificates, "CERTIFICATE");
  if (key.certificates !== undefined && certificates.length === 0) {
    throw keyUnsupported("its certificates are no PEM certificates");
  }
  const named = givenKeys(key, certificates);
  const { alg, publicKey, sign } = "sign" in key ? remote(key, named[0]) : await local(key, named[0]);
  if (named.some((other) => !sameKey(other, publicKey))) throw mismatch(alg, "it is not the first certificate's key");
  const signer: Signer = Object.freeze({
    alg,
    publicKey: publicKey.jwk,
    certificates: Object.freeze(certificates),
    sign: (data: Bytes, hash: Bytes) => checked(alg, publicKey, data, () => sign(data, hash)),
  });
  // A key at hand is tried at once; a remote one may cost a touch or a fee, and is checked at each use.
  if (!("sign" in key)) await signer.sign(utf8("probe"), await digest(jwsAlgorithms[alg]!.hash, utf8("probe")));
  return signer;
}

type Sign = (data: Bytes, digest: Bytes) => Promise<Uint8Array>;
interface Found {
  alg: SignatureAlgorithm;
  publicKey: PublicKey;
  sign: Sign;
}

/** What the caller says the public key is: its own PEM and the first certificate's. */
function givenKeys(key: LocalKey | RemoteKey, certificates: readonly Bytes[]): PublicKey[] {
  const given: PublicKey[] = publicKeysFromPem(key.publicKey).slice(0, 1);
  if (key.publicKey !== undefined && given.length === 0) throw keyUnsupported("its public key is no PEM public key");
  if (certificates[0]) {
    const leaf = publicKeyFromCertificate(certificates[0]);
    if (!leaf) throw keyUnsupported("its first certificate holds no RSA or NIST curve key");
    given.push(leaf);
  }
  return given;
}

function mismatch(alg: string, why: string, cause?: unknown): PvError<"SIGN_KEY_MISMATCH"> {
  const hint = "certificates go leaf first, and the leaf's key is the one that signs";
  return new PvError("SIGN_KEY_MISMATCH", `the ${alg} key does not fit: ${why}`, { alg }, { hint, cause });
}

/** The one algorithm that a device takes of such a key. */
function algorithmOf(key: PublicKey): SignatureAlgorithm {
  if (key.kty === "RSA") {
    if (key.bits < 2048) throw keyUnsupported("RSA keys of 2048 to 16384 bits can sign");
    return "RS256";
  }
  return key.crv === "P-256" ? "ES256" : key.crv === "P-384" ? "ES384" : "ES512";
}

function remote(key: RemoteKey, publicKey: PublicKey | undefined): Found {
  if (!publicKey) throw keyUnsupported("a remote key needs its certificates or its public key");
  if (!isDeviceAlgorithm(key.alg)) throw keyUnsupported(`the algorithm ${key.alg}`, "devices take RS256 and ES*");
  if (algorithmOf(publicKey) !== key.alg) throw mismatch(key.alg, `its public key is one of ${algorithmOf(publicKey)}`);
  return { alg: key.alg, publicKey, sign: (data, hash) => key.sign(data, hash) };
}

async function local(options: LocalKey, named: PublicKey | undefined): Promise<Found> {
  const { key, passphrase } = options;
  if (typeof key === "string" || key instanceof Uint8Array) {
    const { readPrivateKey } = await import("./private-key.ts");
    const secret = await readPrivateKey(key, passphrase);
    const alg = algorithmOf(secret.public);
    if (named && !sameKey(named, secret.public)) throw mismatch(alg, "it is not the first certificate's key");
    try {
      return { alg, publicKey: secret.public, sign: await localSign(secret, jwsAlgorithms[alg]!.hash) };
    } catch (error) {
      throw keyUnsupported("its numbers do not fit together", undefined, error);
    }
  }
  if (key.type !== "private") throw keyUnsupported("it is no private key");
  const publicKey = named ?? (await exportedKey(key));
  const alg = algorithmOf(publicKey);
  const { scheme, hash } = jwsAlgorithms[alg]!;
  checkWebKey(key, publicKey, hash);
  return { alg, publicKey, sign: webSign(key, scheme, hash) };
}

async function exportedKey(key: WebKey): Promise<PublicKey> {
  if (!key.extractable) {
    throw keyUnsupported("a non-extractable key needs its certificates or its public key", "pass publicKey as PEM");
  }
  const { d: _private, ...jwk } = (await webCrypto()!.exportKey("jwk", key)) as JsonObject;
  const found = publicKeyFromJwk(jwk);
  if (!found) throw keyUnsupported("it is neither RSA nor on a NIST curve");
  return found;
}

/** WebCrypto binds a key to scheme, hash and curve when it is made. */
function checkWebKey(key: WebKey, publicKey: PublicKey, hash: Hash): void {
  const {
    name,
    hash: bound,
    namedCurve,
  } = key.algorithm as { name: string; hash?: { name: string }; namedCurve?: string };
  if (publicKey.kty === "EC") {
    if (name !== "ECDSA" || namedCurve !== publicKey.crv) {
      throw mismatch(algorithmOf(publicKey), `it is made for ${name} ${namedCurve ?? ""}`);
    }
  } else if (name !== "RSASSA-PKCS1-v1_5" || bound?.name !== hash) {
    throw keyUnsupported(
      `it is made for ${name} with ${bound?.name ?? "no hash"}`,
      "RS256 is RSASSA-PKCS1-v1_5, SHA-256",
    );
  }
}

/** A signature in JOSE form that the public key verifies, whatever form it came in. */
async function checked(
  alg: SignatureAlgorithm,
  publicKey: PublicKey,
  data: Bytes,
  sign: () => Promise<Uint8Array>,
): Promise<Bytes> {
  const { scheme, hash } = jwsAlgorithms[alg]!;
  let answer: Uint8Array;
  try {
    answer = await sign();
  } catch (error) {
    throw error instanceof RangeError ? mismatch(alg, error.message, error) : error;
  }
  const forms = [asBytes(answer)];
  if (publicKey.kty === "EC") {
    const raw = ecdsaFromDer(answer, coordinateSize[publicKey.crv]);
    if (raw) forms.push(raw);
  }
  for (const form of forms) if (await verifySignature(publicKey, scheme, hash, data, form)) return form;
  throw mismatch(alg, "its signature does not verify with the public key");
}

/** The same check for a signer that somebody else made; `anyLeaf` for a first certificate that may be a stranger's. */
export async function signChecked(signer: Signer, data: Bytes, options: { anyLeaf?: boolean } = {}): Promise<Bytes> {
  const { anyLeaf = false } = options;
  const publicKey = publicKeyFromJwk(signer.publicKey);
  if (!publicKey || !isDeviceAlgorithm(signer.alg)) throw keyUnsupported("the signer's public key or algorithm");
  const [leaf] = signer.certificates;
  const certified = leaf && publicKeyFromCertificate(leaf);
  if (leaf && !anyLeaf && !(certified && sameKey(certified, publicKey))) {
    throw mismatch(signer.alg, "it is not the first certificate's key");
  }
  const hash = await digest(jwsAlgorithms[signer.alg]!.hash, data);
  return checked(signer.alg, publicKey, data, () => signer.sign(data, hash));
}
