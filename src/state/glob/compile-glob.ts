import { matchesClass } from "./character-class.ts";
import { indexUnescaped, interner, matchesEmpty, type Node, type Rests, splitBraces, splitName } from "./pattern.ts";

/** What a pattern says of a name; a bad one is reported only where a name reaches its bad part. */
export type GlobVerdict = "match" | "miss" | "bad-pattern";

/** More stars, braces and separators than any pattern has that a person wrote; each may cost a level of recursion. */
const MAX_SPECIALS = 1000;
const MAX_LENGTH = 16_384;
/** Special characters times length of the name: far beyond any file's path. */
const MAX_WORK = 4_000_000;
const REPLACEMENT = 0xfffd;

const width = (code: number): number => (code > 0xffff ? 2 : 1);

/**
 * Makes a matcher of one pattern, for many names: the include and exclude lists of `pvs@2` signatures as pvr reads
 * them (doublestar 1.3.4, `Match`). `**` as a whole component is any number of components, `*` and `?` stay inside
 * one, `[a-z]`, `[^a-z]`, `{a,b}`, `\` escapes. Case-sensitive; the whole name must match. Whatever the pattern, time
 * grows with pattern times name at most; beyond what any file system takes (1,000 special characters, or 4 million
 * times the name's length) a pattern is bad.
 *
 * A device reads the same lists by other rules: {@link compileDeviceGlob}.
 *
 * @example
 * ```ts
 * import { compileGlob } from "@pv/sdk/state";
 * const web = compileGlob("web/**");
 * if (web("web/a/run.json") !== "match" || web("web") !== "miss") throw new Error("wrong");
 * if (compileGlob("w[")("web") !== "bad-pattern") throw new Error("not reported");
 * ```
 */
export function compileGlob(pattern: string): (name: string) => GlobVerdict {
  const specials = pattern.length > MAX_LENGTH ? Number.POSITIVE_INFINITY : (pattern.match(/[*{,/]/g)?.length ?? 0);
  if (specials > MAX_SPECIALS) return () => "bad-pattern";
  // What stands before the first special character must stand in the name, which tells most names apart at once.
  const prefix = /^[^*?[{\\]*/.exec(pattern)![0];
  let match: ((name: string) => GlobVerdict) | undefined;
  return (name) => {
    if (!name.startsWith(prefix) && !name.includes("\\")) return "miss";
    if (name.length * specials > MAX_WORK) return "bad-pattern";
    match ??= matcher(pattern);
    return match(name);
  };
}

function matcher(pattern: string): (name: string) => GlobVerdict {
  const intern = interner();
  const empties = new Map<string, boolean | "bad">();
  const whole = intern(pattern);
  let turn = 0; // one per component of a name: memories of another component do not count
  let component = "";

  function later(node: Node, at: number): Node {
    let rest = node.later.get(at);
    if (!rest) node.later.set(at, (rest = intern(node.text.slice(at))));
    return rest;
  }

  function alternatives(node: Node, at: number): readonly Node[] | undefined {
    if (!node.braces.has(at)) {
      const found = splitBraces(node.text, at);
      const behind = found && node.text.slice(found.end);
      node.braces.set(at, found && [...new Set(found.options)].map((option) => intern(option + behind)));
    }
    return node.braces.get(at);
  }

  function fresh(node: Node): Node {
    if (node.turn !== turn) {
      node.turn = turn;
      node.results.clear();
      node.scans.clear();
    }
    return node;
  }

  /** doublestar's matchComponent: this rest against the component from `from` on. */
  function inComponent(node: Node, from: number): Rests {
    const { results } = fresh(node);
    if (results.has(from)) return results.get(from);
    const found = walk(node, from);
    results.set(from, found);
    return found;
  }

  /** The first place from `from` on where this rest matches; behind a star. */
  function scan(node: Node, from: number): Rests {
    const { scans } = fresh(node);
    let found: Rests;
    const seen: number[] = [];
    for (let at = from; at < component.length; at += width(component.codePointAt(at)!)) {
      if (scans.has(at)) {
        found = scans.get(at);
        break;
      }
      seen.push(at);
      found = inComponent(node, at);
      if (found !== undefined) break;
    }
    for (const at of seen) scans.set(at, found);
    return found;
  }

  function walk(node: Node, from: number): Rests {
    const { text } = node;
    let at = from;
    let next = 0;
    while (next < text.length && at < component.length) {
      const code = component.codePointAt(at)!;
      const sign = text.codePointAt(next)!;
      if (sign === 0x2f) return undefined; // the component goes on, the pattern's does not
      if (sign === 0x5c) {
        const escaped = text.codePointAt(++next);
        if (escaped === undefined || escaped === REPLACEMENT) return "bad";
        if (escaped !== code) return undefined;
        next += width(escaped);
      } else if (sign === 0x2a) {
        if (++next >= text.length) return [];
        return text.charCodeAt(next) === 0x2f ? [later(node, next + 1)] : scan(later(node, next), at);
      } else if (sign === 0x5b) {
        const end = indexUnescaped(text, "]", next + 1);
        const inside = end < 0 ? "bad" : matchesClass(text.slice(next + 1, end), code);
        if (inside !== true) return inside || undefined;
        next = end + 1;
      } else if (sign === 0x7b) {
        const found = new Set<Node>();
        let any = false;
        const options = alternatives(node, next + 1);
        if (!options) return "bad";
        for (const option of options) {
          const rests = inComponent(option, at);
          if (rests === "bad") return "bad";
          any ||= rests !== undefined;
          for (const rest of rests ?? []) found.add(rest);
        }
        return any ? [...found] : undefined;
      } else if (sign === 0x3f || sign === code) next += width(sign);
      else return undefined;
      at += width(code);
    }
    if (at < component.length) return undefined;
    if (next >= text.length) return [];
    const slash = indexUnescaped(text, "/", next);
    const tail = text.slice(next, slash < 0 ? undefined : slash);
    if (!empties.has(tail)) empties.set(tail, matchesEmpty(tail));
    const empty = empties.get(tail)!;
    if (empty !== true) return empty || undefined;
    return slash < 0 ? [] : [later(node, slash + 1)];
  }

  return (name) => {
    const parts = splitName(name);
    const known = new Map<Node, (boolean | "bad")[]>();

    /** doublestar's doMatching: this rest against the components from `from` on. */
    function inPath(node: Node, from: number): boolean | "bad" {
      let results = known.get(node);
      if (!results) known.set(node, (results = []));
      const known1 = results[from];
      if (known1 !== undefined) return known1;
      const first = node.slash < 0 ? node.text : node.text.slice(0, node.slash);
      if (first === "**") return node.slash < 0 || inAnyPath(results, later(node, node.slash + 1), from);
      let found: boolean | "bad" = false;
      component = parts[from]!;
      turn++;
      const rests = inComponent(node, 0);
      const last = from === parts.length - 1;
      if (rests === "bad") found = "bad";
      else if (rests && last) found = rests.length === 0;
      else if (rests) {
        for (const rest of rests) {
          found = inPath(rest, from + 1);
          if (found !== false) break;
        }
      }
      results[from] = found;
      return found;
    }

    /** Behind `**`: from any component on. What is bad there is not reported. */
    function inAnyPath(results: (boolean | "bad")[], rest: Node, from: number): boolean {
      let found = false;
      let at = from;
      for (; at < parts.length && !found; at++) {
        const before = results[at];
        found = before === undefined ? inPath(rest, at) === true : before === true;
        if (before !== undefined) break;
      }
      for (let seen = from; seen < at; seen++) results[seen] = found;
      return found;
    }

    const found = inPath(whole, 0);
    return found === true ? "match" : found === "bad" ? "bad-pattern" : "miss";
  };
}
