import { canonicalJson } from "../state/index.ts";

/** How Go's encoding/json lays text out. */
export interface GoJsonOptions {
  /** One level: a TAB, four blanks. */
  indent: string;
  /** Stands before every line but the first. */
  prefix?: string | undefined;
  /** Strings as Go writes them: `<`, `>`, `&`, U+2028 and U+2029 as escapes, in keys too; false keeps the canonical form. Default: true. */
  html?: boolean | undefined;
  /** Numbers in their shortest form (`0.1`, `1e+21`) where a double holds them, instead of the canonical one; default: false. */
  shortest?: boolean | undefined;
}

const htmlEscapes: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

function goString(text: string, html: boolean): string {
  if (!html) return text;
  const lower = text.replace(/\\u00[01][0-9A-F]/g, (code) => code.toLowerCase());
  return lower.replace(/[<>&\u2028\u2029]/g, (character) => htmlEscapes[character]!);
}

/** A canonical number as JavaScript writes it; one that a double cannot hold keeps its digits. */
function shortestNumber(canonical: string): string {
  const value = Number(canonical);
  return Number.isFinite(value) && canonicalJson(value) === canonical ? String(value) : canonical;
}

/**
 * Canonical JSON text as Go's `MarshalIndent` writes it: numbers keep their text, empty containers stay on one line.
 * What pvr leaves in a work tree and prints.
 */
export function goJson(
  canonical: string,
  { indent, prefix = "", html = true, shortest = false }: GoJsonOptions,
): string {
  const out: string[] = [];
  let depth = 0;
  const line = (): void => void out.push("\n", prefix, indent.repeat(depth));
  for (let at = 0; at < canonical.length; at++) {
    const character = canonical[at]!;
    if (character === '"') {
      const start = at;
      for (at++; canonical[at] !== '"'; at++) if (canonical[at] === "\\") at++;
      out.push(goString(canonical.slice(start, at + 1), html));
    } else if (character === "{" || character === "[") {
      const close = character === "{" ? "}" : "]";
      out.push(character);
      if (canonical[at + 1] === close) {
        out.push(close);
        at++;
      } else {
        depth++;
        line();
      }
    } else if (character === "}" || character === "]") {
      depth--;
      line();
      out.push(character);
    } else if (character === ",") {
      out.push(",");
      line();
    } else if (character === ":") out.push(": ");
    else if (shortest && /[-0-9]/.test(character)) {
      const number = /[-+.0-9E]+/y;
      number.lastIndex = at;
      const token = number.exec(canonical)![0];
      at += token.length - 1;
      out.push(shortestNumber(token));
    } else out.push(character);
  }
  return out.join("");
}
