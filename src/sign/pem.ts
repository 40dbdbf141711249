import type { Bytes } from "../core/index.ts";
import { decodeBase64 } from "./base64.ts";
import type { Pem } from "./types.ts";

/** One block of a PEM text; `bytes` is undefined where its base64 is broken. */
export interface PemBlock {
  label: string;
  /** Has headers (`Proc-Type`, `DEK-Info`). */
  headers: boolean;
  bytes: Bytes | undefined;
}

/** The blocks of a PEM text (RFC 7468), in order; text between them is explanatory. */
export function readPem(pem: Pem): PemBlock[] {
  const text = typeof pem === "string" ? pem : new TextDecoder("latin1").decode(pem);
  const blocks: PemBlock[] = [];
  const begin = /^-----BEGIN ([^\r\n]*?)-----[ \t]*\r?$/gm;
  for (let match = begin.exec(text); match; match = begin.exec(text)) {
    const label = match[1]!;
    const end = text.indexOf(`\n-----END ${label}-----`, match.index);
    if (end < 0) break;
    const lines = text.slice(begin.lastIndex, end).split(/\r?\n/);
    const blank = lines.findIndex((line) => line.includes(":"));
    const from = blank < 0 ? 0 : lines.findIndex((line, i) => i > blank && line.trim() === "");
    blocks.push({
      label,
      headers: blank >= 0,
      bytes: from < 0 ? undefined : decodeBase64(lines.slice(from).join("").replace(/\s/g, "")),
    });
    begin.lastIndex = end + 1;
  }
  return blocks;
}

/** The DER of every block with this label that is whole and has no headers. */
export function readPemBlocks(pem: Pem | undefined, label: string): Bytes[] {
  if (pem === undefined) return [];
  return readPem(pem).flatMap((block) =>
    block.label === label && !block.headers && block.bytes !== undefined ? [block.bytes] : [],
  );
}
