import { utf8 } from "../../core/index.ts";
import { bracketEnd, inBracket } from "./bracket.ts";

/**
 * Makes a matcher of one pattern, for many keys: the include and exclude lists of `pvs@2` signatures as a device
 * reads them (pantavisor `signature.c`): `**` alone takes next to nothing, `P/**` takes the key `P` and all below it,
 * anything else is a glob whose `*`, `?` and `[..]` do not cross a slash, without braces. No pattern is bad: a bracket
 * that never closes is a bracket.
 *
 * `P` and other patterns are matched by `fnmatch(3)` with `FNM_PATHNAME` as musl has it, the C library of the official
 * images; bytes, not characters (`?` is no `é`). (glibc differs in brackets that hold a slash or a backslash.) A
 * device compares a key as it stands in the state's text: pass what stands between the quotes.
 *
 * @example
 * ```ts
 * import { compileDeviceGlob } from "@pv/sdk/state";
 * const web = compileDeviceGlob("web/**");
 * if (!web("web") || !web("web/a/run.json") || compileDeviceGlob("**")("web")) throw new Error("wrong");
 * ```
 */
export function compileDeviceGlob(pattern: string): (key: string) => boolean {
  const leadingDirectory = pattern === "**" || pattern.endsWith("/**");
  const parts = components(utf8(pattern === "**" ? "" : leadingDirectory ? directoryName(pattern) : pattern));
  return (key) => {
    const bytes = utf8(key);
    let from = 0;
    for (const [index, part] of parts.entries()) {
      const slash = bytes.indexOf(SLASH, from);
      const end = slash < 0 ? bytes.length : slash;
      const last = index === parts.length - 1;
      if (last ? slash >= 0 && !leadingDirectory : slash < 0) return false;
      if (!matchesPart(part, bytes, from, end)) return false;
      from = end + 1;
    }
    return true;
  };
}

const SLASH = 0x2f;
const STAR = -1;
const ANY = -2;

/** A byte, {@link STAR}, {@link ANY}, or the text of a bracket expression. */
type Token = number | Uint8Array;

/** `dirname(3)` of a pattern that ends in a slash and two stars. */
function directoryName(pattern: string): string {
  return pattern.slice(0, -3).replace(/\/+$/, "") || "/";
}

function components(pattern: Uint8Array): Token[][] {
  const parts: Token[][] = [[]];
  for (let at = 0; at < pattern.length; ) {
    const byte = pattern[at]!;
    const end = byte === 0x5b ? bracketEnd(pattern, at) : -1;
    if (end > 0) {
      parts.at(-1)!.push(pattern.subarray(at, end));
      at = end;
      continue;
    }
    const escaped = byte === 0x5c && at + 1 < pattern.length;
    const code = escaped ? pattern[at + 1]! : byte;
    at += escaped ? 2 : 1;
    // An escaped slash separates as well: musl splits before it looks at what is escaped.
    if (code === SLASH) parts.push([]);
    else parts.at(-1)!.push(escaped ? code : byte === 0x2a ? STAR : byte === 0x3f ? ANY : byte);
  }
  return parts;
}

function matchesToken(token: Token, byte: number): boolean {
  return typeof token === "number" ? token === ANY || token === byte : inBracket(token, byte);
}

/** One component; a star gives way one byte at a time, and only the last one needs to. */
function matchesPart(part: readonly Token[], bytes: Uint8Array, from: number, end: number): boolean {
  let next = 0;
  let at = from;
  let star = -1;
  let behind = 0;
  while (at < end) {
    const token = part[next];
    if (token === STAR) {
      star = next++;
      behind = at;
    } else if (token !== undefined && matchesToken(token, bytes[at]!)) {
      next++;
      at++;
    } else if (star >= 0) {
      next = star + 1;
      at = ++behind;
    } else return false;
  }
  while (part[next] === STAR) next++;
  return next === part.length;
}
