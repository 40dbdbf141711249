const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** Character classes of the C locale, over bytes. */
const classes: Readonly<Record<string, RegExp>> = {
  alnum: /[A-Za-z0-9]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  cntrl: /[\0-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[ \t-\r]/,
  upper: /[A-Z]/,
  xdigit: /[0-9A-Fa-f]/,
};

const isInner = (byte: number | undefined): boolean => byte === 0x3a || byte === 0x2e || byte === 0x3d; // : . =

/** The end of the bracket expression that opens at `at`, or -1 where it never closes and is a plain `[` (musl). */
export function bracketEnd(pattern: Uint8Array, at: number): number {
  let next = at + 1;
  if (pattern[next] === 0x5e || pattern[next] === 0x21) next++;
  if (pattern[next] === 0x5d) next++;
  for (; next < pattern.length && pattern[next] !== 0x5d; next++) {
    if (pattern[next] !== 0x5b || !isInner(pattern[next + 1])) continue;
    const inner = pattern[next + 1];
    next += 3;
    while (next < pattern.length && (pattern[next - 1] !== inner || pattern[next] !== 0x5d)) next++;
    if (next >= pattern.length) return -1;
  }
  return next >= pattern.length ? -1 : next + 1;
}

/** Whether a bracket expression holds a byte (musl's match_bracket in the C locale; a backslash is itself here). */
export function inBracket(bracket: Uint8Array, byte: number): boolean {
  const end = bracket.length - 1;
  let at = 1;
  const found = bracket[at] !== 0x5e && bracket[at] !== 0x21;
  if (!found) at++;
  if (bracket[at] === 0x5d || bracket[at] === 0x2d) {
    if (bracket[at] === byte) return found;
    at++;
  }
  let low = bracket[at - 1]!;
  for (; at < end; at++) {
    const current = bracket[at]!;
    if (current === 0x2d && at + 1 < end) {
      if (low <= byte && byte <= bracket[at + 1]!) return found;
    } else if (current === 0x5b && isInner(bracket[at + 1])) {
      const inner = bracket[at + 1];
      const start = at + 2;
      at += 3;
      while (bracket[at - 1] !== inner || bracket[at] !== 0x5d) at++;
      const name = text(bracket.subarray(start, at - 1));
      // Collating symbols and equivalence classes are read over, as musl does.
      if (
        inner === 0x3a &&
        Object.hasOwn(classes, name) &&
        byte < 0x80 &&
        classes[name]!.test(String.fromCharCode(byte))
      )
        return found;
    } else {
      low = current;
      if (current === byte) return found;
    }
  }
  return !found;
}
