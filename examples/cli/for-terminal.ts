/**
 * Names may hold anything, and a terminal must not be steered by them: what would move its cursor, change its title or
 * turn text round is written out, in the form that JSON has for it, so that a document stays the same document.
 */
export function forTerminal(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
