import type { Bytes } from "../../core/index.ts";
import { trimEnd } from "../../core/internal.ts";
import { fromBinary } from "../base64.ts";

/**
 * base64 as mbedTLS reads it (`mbedtls_base64_decode`): line ends anywhere, spaces before them and at the end, unused
 * bits and an incomplete last group dropped. Undefined where it reports an error.
 */
export function mbedtlsBase64(text: string): Bytes | undefined {
  const lines = text.split("\n");
  const last = lines.length - 1;
  const spaced = lines
    .map((line, at) => trimEnd(at < last && line.endsWith("\r") ? line.slice(0, -1) : line, " "))
    .join("");
  const match = /^([A-Za-z\d+/]*)(={0,2})$/.exec(spaced);
  if (!match) return undefined;
  const whole = spaced.length - (spaced.length % 4);
  const digits = spaced.slice(0, whole);
  return fromBinary(atob(digits.replace(/=+$/, "")));
}

/** base64url as a device reads it (`pv_base64_url_decode`): both alphabets, padding added where it is missing. */
export function deviceBase64Url(text: string): Bytes | undefined {
  const padding = [0, 0, 2, 1][text.length % 4]!;
  return mbedtlsBase64((text + "=".repeat(padding)).replace(/_/g, "/").replace(/-/g, "+"));
}
