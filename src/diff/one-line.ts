/**
 * Text of others inside a sentence: on one line, of a bearable length, and without characters that would redraw a
 * terminal or turn the sentence round; an ellipsis stands for what is left out.
 */
export function oneLine(text: string): string {
  return text.replace(/(?<=^.{119}).{2,}|[\p{C}\p{Zl}\p{Zp}]/gsu, "…");
}
