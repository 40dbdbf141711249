import type { SignatureAlgorithm } from "./types.ts";

/** Hashes that sign here. */
export type Hash = "SHA-256" | "SHA-384" | "SHA-512";

/** Curves of FIPS 186 that a device and WebCrypto both know. */
export type Curve = "P-256" | "P-384" | "P-521";

/** How a signature is made; PSS only ever verifies, as pvr does. */
export type Scheme = "pkcs1" | "pss" | "ecdsa";

/** Bytes of a coordinate, and of half a JOSE signature. */
export const coordinateSize: Readonly<Record<Curve, number>> = { "P-256": 32, "P-384": 48, "P-521": 66 };

/** Object identifiers as hex of their content (RFC 5480, RFC 8017). */
export const curveOids: Readonly<Record<string, Curve>> = {
  "2a8648ce3d030107": "P-256",
  "2b81040022": "P-384",
  "2b81040023": "P-521",
};
export const EC_PUBLIC_KEY = "2a8648ce3d0201";
export const RSA_ENCRYPTION = "2a864886f70d010101";

/** What each JWS algorithm of RFC 7518 means; the names that a device takes are {@link SignatureAlgorithm}. */
export const jwsAlgorithms: Readonly<Record<string, { scheme: Scheme; hash: Hash; curve?: Curve }>> = {
  RS256: { scheme: "pkcs1", hash: "SHA-256" },
  RS384: { scheme: "pkcs1", hash: "SHA-384" },
  RS512: { scheme: "pkcs1", hash: "SHA-512" },
  PS256: { scheme: "pss", hash: "SHA-256" },
  PS384: { scheme: "pss", hash: "SHA-384" },
  PS512: { scheme: "pss", hash: "SHA-512" },
  ES256: { scheme: "ecdsa", hash: "SHA-256", curve: "P-256" },
  ES384: { scheme: "ecdsa", hash: "SHA-384", curve: "P-384" },
  ES512: { scheme: "ecdsa", hash: "SHA-512", curve: "P-521" },
};

/** What a name of RFC 7518 means; undefined for any other value. */
export function jwsAlgorithm(name: unknown): { scheme: Scheme; hash: Hash; curve?: Curve } | undefined {
  return typeof name === "string" && Object.hasOwn(jwsAlgorithms, name) ? jwsAlgorithms[name] : undefined;
}

const deviceAlgorithms: ReadonlySet<string> = new Set(["RS256", "ES256", "ES384", "ES512"]);

/** True for the four names that a device takes. */
export function isDeviceAlgorithm(alg: unknown): alg is SignatureAlgorithm {
  return deviceAlgorithms.has(alg as string);
}
