/** Text of others made visible on one line: what would redraw a terminal, turn text round or hide is written out. */
export function visible(text: string, most = 160): string {
  const cut = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  return cut.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

/** A count of bytes for people. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; Math.abs(value) >= 1024 && unit < 4; unit++) value /= 1024;
  return `${value.toFixed(unit && 1)} ${unit ? `${"BKMGT"[unit]}i` : ""}B`;
}

/** The beginning of an object id. */
export const shortId = (id: string): string => (id.length === 64 ? id.slice(0, 12) : id);
