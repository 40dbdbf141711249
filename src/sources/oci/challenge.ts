/** One challenge of a `WWW-Authenticate` header. */
export interface Challenge {
  /** Lower case. */
  scheme: string;
  /** Names in lower case. */
  parameters: Readonly<Record<string, string>>;
}

/** Longer headers come from nobody honest. */
const MAX_LENGTH = 8192;

/**
 * Reads `WWW-Authenticate` (RFC 9110, section 11.6.1): several challenges, quoted strings with escapes, tokens.
 * What cannot be read ends the list; nothing throws.
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const text = header.slice(0, MAX_LENGTH);
  const found: { scheme: string; parameters: Record<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) at = pattern.lastIndex;
    return match;
  };
  while (at < text.length) {
    take(/[\s,]*/y);
    const parameter = take(/([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([\w!#$%&'*+.^`|~:/?=@-]+))/y);
    const current = found.at(-1);
    if (parameter && current) {
      current.parameters[parameter[1]!.toLowerCase()] = parameter[2]?.replace(/\\(.)/g, "$1") ?? parameter[3]!;
      continue;
    }
    if (parameter) break;
    const scheme = take(/([\w!#$%&'*+.^`|~-]+)(?=\s|,|$)/y);
    if (!scheme) break;
    found.push({ scheme: scheme[1]!.toLowerCase(), parameters: Object.create(null) as Record<string, string> });
  }
  return found;
}
