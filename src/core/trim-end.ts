/**
 * Text without the characters given at its end. A regular expression such as `/x+$/` tries again at every x, which takes
 * hours on what an attacker would send; this looks once.
 */
export function trimEnd(text: string, character: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === character) end--;
  return text.slice(0, end);
}
