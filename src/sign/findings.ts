import type { Finding } from "../core/index.ts";

/** What can be wrong, with what a device makes of it and what to do. */
const rules = {
  // the text
  STATE_INVALID: ["no device can read it", "pass a whole state document"],
  STATE_NOT_CANONICAL: [
    "a device hashes the text as it stands, and the signature does not fit it",
    "write it with formatState",
  ],
  VALUE_UNSIGNABLE: [
    "a device crashes over it or signs something else",
    "a top-level value is an object, an array or a plain ASCII string",
  ],
  DEVICE_CRASH: ["the runtime crashes when it reads this, and rolls back", "sign again with this library"],
  UNSIGNED: ["a strict device rejects it; others take it from anybody", "sign it with signState"],
  PATH_UNCOVERED: [
    "a strict device rejects it; others take it changed by anybody",
    "sign the part, or all of the state",
  ],
  PATH_EXCLUDED: ["a device counts it as covered, though anybody may change it", "sign without excluding it"],
  // the signature document
  SIGNATURE_MALFORMED: ["a device rejects it or takes it for no signature", "sign again"],
  SIGNATURE_NESTED: [
    "a device takes it for a signature, because it looks at any depth",
    "keep pvs@2 out of other documents",
  ],
  BASE64URL_INVALID: ["readers disagree about its bytes", "base64url without padding, white space or stray bits"],
  HEADER_INVALID: ["a device rejects it", "sign again"],
  HEADER_UNPROTECTED: ["pvr obeys it though nobody signed it", "put nothing beside the protected header"],
  TYPE_INVALID: ["a device rejects it", 'the header has "typ": "PVS"'],
  CRITICAL_UNKNOWN: ["a device ignores what it should understand", "sign without crit"],
  ALGORITHM_REFUSED: ["a device rejects it", "RS256, ES256, ES384 or ES512"],
  ALGORITHM_KEY_MISMATCH: [
    "readers disagree about it",
    "RS256 goes with RSA, ES256 with P-256, ES384 with P-384, ES512 with P-521",
  ],
  ALGORITHM_UNKNOWN_TO_DEVICE: [
    "a stock mbedTLS does not know the JOSE form of ECDSA",
    "sign with RS256 for such devices",
  ],
  PATTERN_INVALID: ["pvr reports a bad pattern, a device reads it some way", "write literal paths, dir/* or dir/**"],
  PATTERN_AMBIGUOUS: [
    "pvr and a device select different keys, so it verifies for one of them at most",
    "write literal paths, dir/* or dir/**",
  ],
  SELECTION_EMPTY: ["a device signs a lone brace here, which nobody else does", "name what exists"],
  PAYLOAD_MISMATCH: ["readers that trust the embedded payload see another state", "sign again"],
  SIGNATURE_INVALID: ["a device rejects the state", "what it covers was changed, or the signature was; sign again"],
  SIGNATURE_STALE: ["a device rejects the state", "resignState, or sign what it covers again"],
  SIGNATURE_IS_CONTAINER: [
    "a device parses it as a run.json, and a strict one asks for no signature over it",
    "nothing in _sigs/ may be called run.json",
  ],
  SIGNER_MISMATCH: ["readers disagree about who signed", "sign with the key of the first certificate"],
  SIGNER_UNKNOWN: ["a device rejects the state", "sign with a key that is trusted"],
  KEY_UNSUPPORTED: ["a device rejects it", "RSA from 2048 bits, P-256, P-384 or P-521"],
  TRUST_EMPTY: ["nothing can be trusted", "pass CA certificates (PEM) or public keys (PEM, SPKI)"],
  // certificates
  CERTIFICATE_INVALID: ["a device rejects it", "x5c holds whole DER certificates in standard base64, leaf first"],
  CERTIFICATE_EXPIRED: [
    "the official images do not look at dates; a stock mbedTLS rejects it",
    "renew the certificate and sign again",
  ],
  CERTIFICATE_NOT_YET_VALID: [
    "the official images do not look at dates; a stock mbedTLS rejects it",
    "check the clock, or wait",
  ],
  CERTIFICATE_NOT_CA: ["a device rejects the chain", "only a certificate with CA:TRUE may issue others"],
  CERTIFICATE_PATH_LENGTH: ["a device rejects the chain", "shorten the chain, or raise pathLenConstraint"],
  CERTIFICATE_KEY_USAGE: ["a stock mbedTLS rejects a CA of this kind", "leaf: digitalSignature; CA: keyCertSign"],
  CERTIFICATE_PURPOSE: ["pvr rejects it; a device does not look", "the certificate must allow code signing"],
  CERTIFICATE_SIGNATURE: ["a device rejects the chain", "the issuer did not sign this certificate"],
  CERTIFICATE_ALGORITHM: ["a device rejects the chain", "RSA PKCS#1 v1.5 or ECDSA with SHA-256, SHA-384 or SHA-512"],
  CERTIFICATE_KEY_WEAK: ["a device rejects the chain", "RSA from 2048 bits, P-256, P-384 or P-521"],
  CERTIFICATE_EXTENSION: ["a device rejects the certificate", "issue it without extensions that nobody knows"],
  CERTIFICATE_NAME_CONSTRAINT: [
    "a device rejects critical name constraints altogether",
    "issue it within the names that the CA may use",
  ],
  CERTIFICATE_PROFILE: ["a device does not look", "issue it as RFC 5280, 4 asks"],
  CHAIN_TOO_LONG: ["verifying it costs more than it should", "at most five certificates"],
  CHAIN_UNTRUSTED: ["a device rejects it", "trust its CA, or put the missing intermediate into x5c"],
  // releases
  RELEASE_MISSING: ["a device does not look", "sign it with signRelease"],
  RELEASE_INVALID: ["a device does not look", "sign it again with signRelease"],
  RELEASE_ROLLBACK: [
    "a device does not look, and would install the older state",
    "this is an older release than the one known: ask where it came from",
  ],
  RELEASE_REPLAYED: ["a device does not look", "two releases bear the same number: ask where they came from"],
  RELEASE_FREEZE: ["a device does not look", "the release has expired: fetch a newer one, and ask why it was withheld"],
  RELEASE_MIX_AND_MATCH: [
    "a device does not look, and would install the mixture",
    "parts of different releases were put together",
  ],
  RELEASE_AUDIENCE: ["a device does not look", "this release is made for other devices"],
  RELEASE_KEY_REPEATED: ["a device does not look", "a key counts once, however often it signs"],
  RELEASE_THRESHOLD: ["a device does not look", "more distinct keys have to sign"],
} as const;

/** What can be found. */
export type FindingCode = keyof typeof rules;

/** One finding; an error unless it is said to be a warning. */
export function finding(
  code: FindingCode,
  path: string,
  message: string,
  severity: Finding["severity"] = "error",
): Finding {
  const [effect, hint] = rules[code];
  return { code, severity, stage: "parse", path, message, effect, hint };
}
