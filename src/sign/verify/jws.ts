import type { Bytes, JsonObject, JsonValue } from "../../core/index.ts";
import { isDeviceAlgorithm } from "../algorithms.ts";
import { decodeBase64Url } from "../base64.ts";
import type { FindingCode } from "../findings.ts";
import type { SignatureAlgorithm } from "../types.ts";

/** Five certificates with long keys take a tenth of it. */
const MAX_HEADER = 2 ** 18;

/** What is wrong with a signature; ends its judgement. */
export class Objection extends Error {
  readonly code: FindingCode;
  constructor(code: FindingCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A signature that has one reading only. */
export interface StrictSignature {
  alg: SignatureAlgorithm;
  header: JsonObject;
  /** The protected header as it goes into the signing input. */
  input: string;
  signature: Bytes;
  /** The embedded payload, if there is one. */
  payload: string | undefined;
}

/** Reads a flattened JWS with a detached payload (RFC 7515, 7.2.2), and nothing that readers could disagree about. */
export function readStrictly(document: JsonObject): StrictSignature {
  if (document["header"] !== undefined) {
    throw new Objection("HEADER_UNPROTECTED", "it has a header that nobody signed");
  }
  const odd = Object.keys(document).find((name) => !["#spec", "payload", "protected", "signature"].includes(name));
  if (odd !== undefined) throw new Objection("SIGNATURE_MALFORMED", `it has a member ${odd}`);
  const text = asText(decode(document["protected"], "protected"));
  if (text.length > MAX_HEADER) throw new Objection("HEADER_INVALID", "the protected header is longer than any chain");
  // A device does not undo escapes, neither in patterns nor in certificates.
  if (text.includes("\\")) throw new Objection("HEADER_INVALID", "the protected header has escapes");
  const header = parseHeader(text);
  if (header["typ"] !== "PVS") throw new Objection("TYPE_INVALID", "typ is not PVS");
  if (header["crit"] !== undefined || header["b64"] !== undefined) {
    throw new Objection("CRITICAL_UNKNOWN", "it has critical members, and none is understood");
  }
  const { alg } = header;
  if (!isDeviceAlgorithm(alg))
    throw new Objection("ALGORITHM_REFUSED", `no device takes the algorithm ${JSON.stringify(alg)}`);
  return {
    alg,
    header,
    input: document["protected"] as string,
    signature: decode(document["signature"], "signature"),
    payload: document["payload"] === undefined ? undefined : asText(decode(document["payload"], "payload")),
  };
}

function decode(member: JsonValue | undefined, name: string): Bytes {
  if (typeof member !== "string") throw new Objection("SIGNATURE_MALFORMED", `${name} is no string`);
  const bytes = decodeBase64Url(member);
  if (!bytes) throw new Objection("BASE64URL_INVALID", `${name} is no canonical base64url`);
  return bytes;
}

function asText(bytes: Bytes): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Objection("HEADER_INVALID", "it holds bytes that are no UTF-8");
  }
}

function parseHeader(text: string): JsonObject {
  const value = parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Objection("HEADER_INVALID", "the protected header is no JSON object");
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) throw new Objection("HEADER_INVALID", `the protected header has ${twice} twice`);
  return value as JsonObject;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // no JSON
  }
  return undefined;
}

/** A key that an object of a valid JSON text has twice: readers take the first or the last. */
export function duplicateKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  for (const [token, colon] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}[\]]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (colon !== undefined) {
      const key = JSON.parse(token.slice(0, -colon.length)) as string;
      if (open.at(-1)?.has(key)) return key;
      open.at(-1)?.add(key);
    }
  }
  return undefined;
}
