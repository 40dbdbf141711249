import { utf8 } from "../../core/internal.ts";

/** As long as a path can be (`PATH_MAX`); what a bracket that never closes costs grows with the square. */
const MAX_LENGTH = 4096;

/** Names of the C locale's classes, as the inside of a JavaScript one. */
const classes: Readonly<Record<string, string>> = {
  alnum: "\\da-zA-Z",
  alpha: "a-zA-Z",
  blank: " \\t",
  cntrl: "\\0-\\x1f\\x7f",
  digit: "\\d",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-/:-@[-`{-~",
  space: " \\t-\\r",
  upper: "A-Z",
  xdigit: "\\da-fA-F",
};

/** UTF-8, one character a byte. */
const binary = (text: string): string =>
  /[^\0-\x7f]/.test(text) ? Array.from(utf8(text), (byte) => String.fromCharCode(byte)).join("") : text;
const literal = (byte: string): string => byte.replace(/\W/, "\\$&");

/** An escaped byte, a bracket expression that closes, a word, or a byte. */
const tokens = /\\(.)|\[([!^]?)((?:\]|(?!\]))(?:\[([:.=])(?:(?!\4\]).)*\4\]|\[(?![:.=])|[^\][])*)\]|\w+|./gs;

/** A bracket expression as a JavaScript one (musl's `match_bracket` in the C locale; a backslash is itself here). */
function bracket(not: string, body: string): string {
  let low = not || "[";
  const inside = body.replace(/\[([:.=])((?:(?!\1\]).)*)\1\]|./gs, (byte, kind, name, at) => {
    // Collating symbols and equivalence classes are read over, as musl does.
    if (kind) return kind === ":" && Object.hasOwn(classes, name) ? classes[name]! : "";
    const high = body[at + 1];
    if (byte === "-" && at > 0 && high) return low <= high ? `${literal(low)}-${literal(high)}` : "";
    low = byte;
    return literal(byte);
  });
  return `(?!/)[${not && "^"}${inside}]`;
}

/**
 * Makes a matcher of one pattern, for many keys: the include and exclude lists of `pvs@2` signatures as a device
 * reads them (pantavisor `signature.c`): `**` alone takes next to nothing, `P/**` takes the key `P` and all below it,
 * anything else is a glob whose `*`, `?` and `[..]` do not cross a slash, without braces. No pattern is bad: a bracket
 * that never closes is a bracket.
 *
 * `P` and other patterns are matched by `fnmatch(3)` with `FNM_PATHNAME` as musl has it, the C library of the official
 * images; bytes, not characters (`?` is no `é`). (glibc differs in brackets that hold a slash or a backslash.) A
 * device compares a key as it stands in the state's text: pass what stands between the quotes. A pattern longer than
 * any path (4,096 characters) matches nothing.
 *
 * @example
 * ```ts
 * import { compileDeviceGlob } from "@pv/sdk/state";
 * const web = compileDeviceGlob("web/**");
 * if (!web("web") || !web("web/a/run.json") || compileDeviceGlob("**")("web")) throw new Error("wrong");
 * ```
 */
export function compileDeviceGlob(pattern: string): (key: string) => boolean {
  if (pattern.length > MAX_LENGTH) return () => false;
  // dirname(3) of a pattern that ends in a slash and two stars: the key itself, and all below it.
  const [, folder] = /^(|.*\/)\*\*$/s.exec(pattern) ?? [];
  const text = folder === undefined ? pattern : folder.replace(/\/+$/, "") || (folder && "/");
  // What stands between stars, by component.
  const parts: string[][] = [[""]];
  for (const [token, escaped, not = "", body] of binary(text).matchAll(tokens)) {
    const part = parts.at(-1)!;
    // An escaped slash separates as well: musl splits before it looks at what is escaped.
    if ((escaped ?? token) === "/") parts.push([""]);
    else if (token === "*") part.push("");
    else part[part.length - 1] += body ? bracket(not, body) : token === "?" ? "[^/]" : literal(escaped ?? token);
  }
  // Each piece is searched for once behind the one before and never again (a lookahead gives nothing back), so time is
  // linear whatever the pattern.
  let group = 0;
  const components = parts.map(([first, ...rest]) => {
    const last = rest.pop();
    const inner = rest.map((piece) => `(?=([^/]*?${piece}))\\${++group}`).join("");
    return first + inner + (last === undefined ? "" : `[^/]*?${last}(?=/|$)`);
  });
  const expression = new RegExp(`^${components.join("/")}${folder === undefined ? "" : "(?:/.*)?"}$`, "s");
  return (key) => expression.test(binary(key));
}
