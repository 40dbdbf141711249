/**
 * New keys, for development CAs. Loaded on demand.
 *
 * @module
 */
import type { Bytes } from "../core/index.ts";
import { fromHex } from "../core/internal.ts";
import { coordinateSize, curveOids, EC_PUBLIC_KEY, jwsAlgorithms, RSA_ENCRYPTION } from "./algorithms.ts";
import { decodeBase64Url, encodeBase64Url } from "./base64.ts";
import { type PrivateKey, webCrypto } from "./crypto.ts";
import { BIT_STRING, NULL, OCTET_STRING, OID, SEQUENCE, writeDer, writeInteger } from "./der.ts";
import { keyUnsupported } from "./key-error.ts";
import { ecKeyFromPoint, publicKeyFromJwk } from "./public-key.ts";
import type { SignatureAlgorithm } from "./types.ts";

/** A key and its PKCS#8 form. */
export interface GeneratedKey {
  secret: PrivateKey;
  pkcs8: Bytes;
}

interface Generating {
  generateKey(algorithm: object, extractable: true, uses: string[]): Promise<{ privateKey: object }>;
  exportKey(format: "jwk", key: object): Promise<Record<string, string>>;
}

/** A new random key that signs with `alg`: RSA has 2048 bits, which pvr, devices and stock mbedTLS all take. */
export async function generateKey(alg: SignatureAlgorithm): Promise<GeneratedKey> {
  const { hash, curve } = jwsAlgorithms[alg]!;
  const subtle = webCrypto() as unknown as Generating | undefined;
  if (!subtle && !curve) throw keyUnsupported("this runtime has no WebCrypto to make an RSA key", "ask for ES256");
  let jwk: Record<string, string>;
  if (subtle) {
    const algorithm = curve
      ? { name: "ECDSA", namedCurve: curve }
      : { name: "RSASSA-PKCS1-v1_5", hash, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
    jwk = await subtle.exportKey("jwk", (await subtle.generateKey(algorithm, true, ["sign"])).privateKey);
  } else {
    const { plainKey } = await import("./plain-crypto.ts");
    const { scalar, point } = await plainKey(curve!);
    jwk = { ...(ecKeyFromPoint(curve!, point)!.jwk as Record<string, string>), d: encodeBase64Url(scalar) };
  }
  const { d, ...open } = jwk;
  const secret: PrivateKey = { jwk, public: publicKeyFromJwk(open)! };
  return { secret, pkcs8: writePkcs8(secret, decodeBase64Url(d!)!) };
}

/** PrivateKeyInfo (RFC 5958, 2) around RSAPrivateKey or ECPrivateKey (RFC 5915, 3). */
function writePkcs8({ jwk, public: key }: PrivateKey, d: Bytes): Bytes {
  const zero = writeInteger(new Uint8Array(1));
  const oid = (hex: string): Bytes => writeDer(OID, fromHex(hex)!);
  if (key.kty === "RSA") {
    const numbers = ["n", "e", "d", "p", "q", "dp", "dq", "qi"].map((name) =>
      writeInteger(decodeBase64Url(jwk[name]!)!),
    );
    const inner = writeDer(OCTET_STRING, writeDer(SEQUENCE, zero, ...numbers));
    return writeDer(SEQUENCE, zero, writeDer(SEQUENCE, oid(RSA_ENCRYPTION), NULL), inner);
  }
  const scalar = new Uint8Array(coordinateSize[key.crv]);
  scalar.set(d, scalar.length - d.length);
  const point = writeDer(0xa1, writeDer(BIT_STRING, new Uint8Array([0, 4]), key.x, key.y));
  const inner = writeDer(SEQUENCE, writeInteger(new Uint8Array([1])), writeDer(OCTET_STRING, scalar), point);
  const curve = Object.keys(curveOids).find((known) => curveOids[known] === key.crv)!;
  return writeDer(SEQUENCE, zero, writeDer(SEQUENCE, oid(EC_PUBLIC_KEY), oid(curve)), writeDer(OCTET_STRING, inner));
}
