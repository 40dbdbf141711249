import type { Bytes, JsonObject } from "../core/index.ts";
import { utf8 } from "../core/internal.ts";
import { encodeBase64, encodeBase64Url } from "./base64.ts";
import type { Patterns } from "./selection.ts";
import type { Signer } from "./types.ts";

/** The `#spec` of a signature. */
export const PVS_SPEC = "pvs@2";

/** A string as Go's encoding/json writes it: safe to embed in HTML, which hardly any pattern ever needs. */
export function goString(text: string): string {
  const unicode = (code: number): string => `\\u${code.toString(16).padStart(4, "0")}`;
  return JSON.stringify(text.replace(/\p{Surrogate}/gu, "\ufffd")).replace(/\\.|[<>&\u2028\u2029]/g, (found) =>
    found === "\\b"
      ? unicode(8)
      : found === "\\f"
        ? unicode(12)
        : found.length > 1
          ? found
          : unicode(found.charCodeAt(0)),
  );
}

const list = (texts: readonly string[]): string => `[${texts.map(goString).join(",")}]`;

/** The protected header, members in pvr's order (go-jose sorts them, `libpvr/pvslib.go`). */
export function writeHeader({ alg, publicKey, certificates }: Signer, { include, exclude }: Patterns): string {
  const x5c = certificates.length === 0 ? "" : `,"x5c":${list(certificates.map(encodeBase64))}`;
  const pvs = `{"include":${list(include)},"exclude":${list(exclude)}}`;
  return `{"alg":"${alg}","jwk":${JSON.stringify(publicKey)},"pvs":${pvs},"typ":"PVS"${x5c}}`;
}

/** The patterns as a device reads them: text between quotes, escapes as they stand. */
export function patternsAsWritten({ include, exclude }: Patterns): Patterns {
  const raw = (pattern: string): string => goString(pattern).slice(1, -1);
  return { include: include.map(raw), exclude: exclude.map(raw) };
}

/** A signature document as pvr writes it. */
export function signatureDocument(
  protectedHeader: string,
  signature: Uint8Array,
  payload: Bytes | undefined,
): JsonObject {
  return {
    "#spec": PVS_SPEC,
    ...(payload && { payload: encodeBase64Url(payload) }),
    protected: protectedHeader,
    signature: encodeBase64Url(signature),
  };
}

/** A header as it goes into `protected`. */
export const encodeHeader = (header: string): string => encodeBase64Url(utf8(header));
