import { lossyUtf8 } from "../../core/internal.ts";

/**
 * Bytes as text the way Go's encoding/json reads them: each byte that is no part of valid UTF-8 becomes one U+FFFD.
 * A browser's own decoder gives one per truncated *sequence*, which is another text and another hash. A byte-order
 * mark stays (and is no JSON).
 */
export function decodeUtf8(bytes: Uint8Array): string {
  return lossyUtf8(bytes, () => "\ufffd");
}

/** Half a surrogate pair is no character: U+FFFD instead, as every UTF-8 encoder would. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}
