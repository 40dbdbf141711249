import type { Bytes, Finding, Job, JsonObject } from "../core/index.ts";

/** PEM text or its bytes. */
export type Pem = string | Uint8Array;

/** A WebCrypto key (its name is no global in Node's types); a `CryptoKey` is one. */
export interface WebKey {
  /** `private` for one that signs. */
  type: string;
  /** False for a key that never leaves the runtime. */
  extractable: boolean;
  /** `ECDSA` or `RSASSA-PKCS1-v1_5`. */
  algorithm: { name: string };
}

/** What a device takes. */
export type SignatureAlgorithm = "RS256" | "ES256" | "ES384" | "ES512";

/** Ready to sign; made by {@link createSigner}. */
export interface Signer {
  /** The JWS algorithm. */
  alg: SignatureAlgorithm;
  /** The public key as a JWK, members in the order that pvr writes. */
  publicKey: JsonObject;
  /** DER, leaf first; none where devices know the public key itself. */
  certificates: readonly Bytes[];
  /** Signs `data`, whose hash is `digest`; answers in JOSE form (RSA as it is, EC as r‖s). */
  sign(data: Bytes, digest: Bytes): Promise<Uint8Array>;
}

/** A key at hand. */
export interface LocalKey {
  /** PKCS#1, PKCS#8 (also encrypted), SEC1; or a WebCrypto key, which may be non-extractable. */
  key: Pem | WebKey;
  /** Of an encrypted PKCS#8 key. */
  passphrase?: string | undefined;
  /** Leaf first, then intermediates; they go into the signature (`x5c`). */
  certificates?: Pem | undefined;
  /** SPKI; needed for a non-extractable key without certificates. */
  publicKey?: Pem | undefined;
}

/** HSM, KMS, signing service: signs `data` or its `digest`; the public key is the first certificate's unless given. */
export interface RemoteKey {
  /** The JWS algorithm of the key. */
  alg: SignatureAlgorithm;
  /** Leaf first, then intermediates. */
  certificates?: Pem | undefined;
  /** SPKI; needed without certificates. */
  publicKey?: Pem | undefined;
  /** Answers an EC signature raw (r‖s) or in DER; it is checked against the public key before it is used. */
  sign(data: Bytes, digest: Bytes): Promise<Uint8Array>;
}

/** Which mbedTLS a device runs: the official images' patched one, a stock one (no JOSE form of ES*), or both. */
export type DeviceProfile = "official" | "stock-mbedtls" | "any";

/** All that a strict device wants covered, or some parts, or own patterns. */
export interface SignOptions extends Job {
  /** Who signs. */
  signer: Signer;
  /** Signs each of these parts as `pvr sig add --part` does, into `_sigs/<part>.json`. */
  parts?: readonly string[] | undefined;
  /** With `parts`: patterns below the part instead of all of it, as pvr's `--include`. */
  include?: readonly string[] | undefined;
  /** With `parts`: patterns below the part to leave out instead of `src.json`, as pvr's `--exclude`. */
  exclude?: readonly string[] | undefined;
  /** One signature with own patterns, into `_sigs/<name>.json`. */
  raw?: { name: string; include: readonly string[]; exclude?: readonly string[] | undefined } | undefined;
  /** `_config/<part>/**` is covered too unless false. */
  config?: boolean | undefined;
  /** Embeds the payload too (pvr's `--with-payload`); nobody needs it to verify. Default false. */
  payload?: boolean | undefined;
  /** Default `official`. */
  device?: DeviceProfile | undefined;
  /** `sdk` (default) refuses what a device would not believe; `pvr` signs as pvr does and reports warnings. */
  policy?: "sdk" | "pvr" | undefined;
  /** Told what a device or pvr would mind. */
  onWarning?: ((finding: Finding) => void) | undefined;
}

/** The anchors. */
export interface Trust {
  /** CA certificates; a certificate of a message is never one. */
  certificates?: Pem | undefined;
  /** SPKI public keys, for signatures without certificates. */
  publicKeys?: Pem | undefined;
}

/** Who judges: this library, pvr of 2023, or a device by its `PV_SECUREBOOT_MODE`. */
export type VerifyPolicy = "sdk" | "pvr" | "device-disabled" | "device-audit" | "device-lenient" | "device-strict";

/** Who judges, by what, when. */
export interface VerifyOptions {
  /** Default `sdk`: full chain rules and coverage. */
  policy?: VerifyPolicy | undefined;
  /** Whom to believe. */
  trust: Trust;
  /** Default `official`; `any` asks for what passes on both. */
  device?: DeviceProfile | undefined;
  /** The device's `PV_OEM_NAME`. */
  oemName?: string | undefined;
  /** The device's `ca-oem-certificates`. */
  oemTrust?: Trust | undefined;
  /** Verifies these signatures alone, as `pvr sig ls NAME`: `web` or `_sigs/web.json`. Default all. */
  names?: readonly string[] | undefined;
  /** Default: now. */
  now?: Date | undefined;
}

/** Never a boolean. */
export type Verdict = "trusted" | "untrusted" | "unsigned" | "invalid";

/** One certificate of the chain that was used, leaf first, the anchor last. */
export interface ChainLink {
  /** Distinguished name, such as `CN=Factory signing,O=Acme`. */
  subject: string;
  /** SHA-256 of the DER, hex. */
  sha256: string;
  /** End of validity. */
  notAfter: Date;
}

/** One signature of the state. */
export interface SignatureReport {
  /** `web` for `_sigs/web.json`; the whole key elsewhere. */
  name: string;
  /** Its key in the state, `_sigs/web.json`. */
  path: string;
  /** What it is worth. */
  verdict: Verdict;
  /** Algorithm as the header says. */
  alg?: string;
  /** Subject of the signing certificate. */
  subject?: string;
  /** The chain up to the anchor, where one was built. */
  chain?: readonly ChainLink[];
  /** Keys it selects. */
  paths: readonly string[];
  /** Keys it excludes: free to change, though a device counts them as covered. */
  excluded: readonly string[];
}

/** Decision, reasons, verdicts per signature and path. */
export interface VerifyReport {
  /** `accept` or `reject`; a device in this mode would do the same. */
  decision: "accept" | "reject";
  /** Errors say why it is rejected; warnings what to mind. */
  reasons: readonly Finding[];
  /** Each signature of the state. */
  signatures: readonly SignatureReport[];
  /** Each top-level key of the state. */
  paths: ReadonlyMap<string, Verdict>;
}
