/**
 * Text of others inside a sentence: on one line, of a bearable length, and without characters that would redraw a
 * terminal or turn the sentence round.
 */
export function oneLine(text: string): string {
  return (text.length > 120 ? `${text.slice(0, 119)}…` : text).replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, "\ufffd");
}
