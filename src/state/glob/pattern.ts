/**
 * Pieces of a doublestar 1.3.4 pattern. A pattern is read left to right and cut apart as it is matched, so a node
 * stands for "the rest of the pattern from here"; equal rests are one node, which is what keeps matching linear.
 */
export interface Node {
  readonly text: string;
  /** Where the first separator stands, -1 for none. */
  readonly slash: number;
  /** What a component gave from this rest, by where in the component it began; for one component only. */
  results: Map<number, Rests>;
  /** The same for "this rest, behind a star". */
  scans: Map<number, Rests>;
  /** Component that `results` and `scans` belong to. */
  turn: number;
  /** Rests that begin further right, by position. */
  readonly later: Map<number, Node>;
  /** The rests that the brace at a position gives. */
  readonly braces: Map<number, readonly Node[] | undefined>;
}

/** Rests of the pattern that a component left, none when it ended with it; undefined: no match. */
export type Rests = readonly Node[] | undefined | "bad";

/** Makes nodes, one per text. */
export type Intern = (text: string) => Node;

/** An {@link Intern}. */
export function interner(): Intern {
  const nodes = new Map<string, Node>();
  return (text) => {
    let node = nodes.get(text);
    if (!node) {
      node = {
        text,
        slash: indexUnescaped(text, "/", 0),
        results: new Map(),
        scans: new Map(),
        turn: -1,
        later: new Map(),
        braces: new Map(),
      };
      nodes.set(text, node);
    }
    return node;
  };
}

/** Where `character` stands from `from` on, where no backslash stands right before it (escaped backslashes or not). */
export function indexUnescaped(text: string, character: string, from: number): number {
  for (let start = from; ; ) {
    const at = text.indexOf(character, start);
    // The character right after a skipped one does not see the backslash before that.
    if (at <= start || text.charAt(at - 1) !== "\\") return at;
    start = at + 1;
  }
}

/** Components of a name; a slash behind a backslash separates none. */
export function splitName(name: string): string[] {
  const parts: string[] = [];
  for (let start = 0; ; ) {
    const end = indexUnescaped(name, "/", start);
    if (end < 0) {
      // "a\/" ends inside a component, "a/" in front of an empty one.
      parts.push(name.slice(start));
      return parts;
    }
    parts.push(name.slice(start, end));
    start = end + 1;
  }
}

/** The alternatives behind an opening brace at `from - 1`, and where the pattern goes on; undefined if it never closes. */
export function splitBraces(text: string, from: number): { options: string[]; end: number } | undefined {
  const options: string[] = [];
  let start = from;
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "\\") at++;
    else if (character === "{") depth++;
    else if (character === "," && depth === 1) {
      options.push(text.slice(start, at));
      start = at + 1;
    } else if (character === "}" && --depth === 0) {
      options.push(text.slice(start, at));
      return { options, end: at + 1 };
    }
  }
  return undefined;
}

/** True where a pattern can match nothing at all; "bad" for a brace that never closes. */
export function matchesEmpty(text: string): boolean | "bad" {
  if (text === "" || text === "*" || text === "**") return true;
  if (!text.startsWith("{")) return false;
  const braces = splitBraces(text, 1);
  if (!braces) return "bad";
  // doublestar looks at the rest before the alternatives: a bad brace there decides.
  const behind = matchesEmpty(text.slice(braces.end));
  if (behind !== true) return behind;
  for (const option of braces.options) {
    const empty = matchesEmpty(option);
    if (empty !== false) return empty;
  }
  return false;
}
