const BACKSLASH = 0x5c;
const DASH = 0x2d;
const CARET = 0x5e;

/**
 * Whether doublestar's class (the text between `[` and `]`) holds a character; "bad" where it is malformed, wherever
 * in the class that is. Only `^` negates; a dash must stand between two characters.
 */
export function matchesClass(text: string, code: number): boolean | "bad" {
  const codes = Array.from(text, (character) => character.codePointAt(0)!);
  if (codes.length === 0) return "bad";
  const negated = codes[0] === CARET;
  let at = negated ? 1 : 0;
  let found = false;
  /** The next character, unescaped; undefined where there must be one and is none. */
  const next = (): number | undefined => {
    const first = codes[at++];
    if (first === DASH) return undefined;
    return first === BACKSLASH ? codes[at++] : first;
  };
  while (at < codes.length) {
    const low = next();
    if (low === undefined) return "bad";
    let high: number | undefined = low;
    if (codes[at] === DASH) {
      at++;
      high = next();
      if (high === undefined) return "bad";
    }
    if (low <= code && code <= high) found = true;
  }
  return found !== negated;
}
