import type { Bytes } from "../../core/index.ts";
import { trimEnd } from "../../core/internal.ts";
import { fromBinary } from "../base64.ts";
import { isOnCurve } from "../crypto.ts";
import { publicKeyFromJwk } from "../public-key.ts";

const toBytes = (text: string, alphabet: RegExp): Bytes | undefined => {
  if (!alphabet.test(text) || text.length % 4 === 1) return undefined;
  return fromBinary(atob(text.replace(/-/g, "+").replace(/_/g, "/")));
};

/** base64url as go-jose reads it: padding and line ends go, unused bits may be anything. */
export function goBase64Url(text: string): Bytes | undefined {
  return toBytes(trimEnd(text, "=").replace(/[\r\n]/g, ""), /^[\w-]*$/);
}

/** Standard base64 as Go reads it: padded, line ends ignored, unused bits may be anything. */
export function goBase64(text: string): Bytes | undefined {
  const plain = text.replace(/[\r\n]/g, "");
  if (plain.length % 4 !== 0) return undefined;
  return toBytes(plain.replace(/={1,2}$/, ""), /^[A-Za-z\d+/]*$/);
}

/** An object, member by member; undefined for anything else. */
export function goObject(text: string | Uint8Array): Map<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(typeof text === "string" ? text : new TextDecoder().decode(text));
    if (value instanceof Object && !Array.isArray(value)) return new Map(Object.entries(value));
  } catch {
    // no JSON
  }
  return undefined;
}

/** A list of strings; null is none, undefined for anything else. */
export function goStrings(value: unknown): string[] | null | undefined {
  if (value === null || value === undefined) return null;
  return Array.isArray(value) && value.every((text) => typeof text === "string" || text === null)
    ? value.map((text) => (text as string | null) ?? "")
    : undefined;
}

/** The one thing Go's regular expression for white space takes out of a signature file before it is read. */
export function goStripSpace(text: string): string {
  return text.replace(/[\t\n\f\r ]/g, "");
}

/**
 * True for a JWK that go-jose takes for a public key (`JSONWebKey.UnmarshalJSON`, `Valid`, `IsPublic`). It never
 * verifies with it, but refuses a signature that embeds another one.
 */
export async function isGoPublicJwk(jwk: unknown): Promise<boolean> {
  if (jwk === null || Array.isArray(jwk)) return false;
  const { d, ...open } = jwk as Record<string, unknown>;
  const { kty, crv, n, e, x } = open;
  const length = (text: unknown): number => (typeof text === "string" ? (goBase64Url(text)?.length ?? 0) : 0);
  if ((d ?? null) !== null) return false;
  if (kty === "RSA") return length(n) > 0 && length(e) > 0;
  if (kty === "OKP") return crv === "Ed25519" && length(x) === 32;
  const key = publicKeyFromJwk(open);
  return key !== undefined && isOnCurve(key);
}
