/**
 * How lxc reads back what we wrote: its config reader, and the three splitters that are in the field. Written from the
 * measured table of their behaviour, so that a test can say which words a program would be started with.
 */

/** `parse_line` of confile.c: trims, then takes off one pair of equal quotes. */
export function readValue(line: string): string {
  const value = line.slice(line.indexOf("=") + 1).replace(/^[ \t]+|[ \t]+$/g, "");
  const first = value.charAt(0);
  return (first === '"' || first === "'") && value.length > 1 && value.endsWith(first) ? value.slice(1, -1) : value;
}

/** Stock lxc (stable-6.0): any white space separates, both quotes quote, no escapes. */
export function splitStock(value: string): string[] {
  const words: string[] = [];
  for (let at = 0; at < value.length; ) {
    const character = value[at]!;
    if (/\s/.test(character)) {
      at++;
    } else if (character === '"' || character === "'") {
      const end = value.indexOf(character, at + 1);
      if (end < 0) break; // the word is lost
      words.push(value.slice(at + 1, end));
      at = end + 1;
    } else {
      let end = at;
      while (end < value.length && !/\s/.test(value[end]!)) end++;
      words.push(value.slice(at, end));
      at = end;
    }
  }
  return words;
}

/** Pantavisor's fork: `"` alone quotes, `\"` and `\\` inside; `next` is its 6.0 branch with its escape defect. */
export function splitFork(value: string, next = false): string[] {
  const words: string[] = [];
  const blank = next ? /\s/ : / /;
  for (let at = 0; at < value.length; ) {
    if (blank.test(value[at]!)) {
      at++;
    } else if (value[at] === '"') {
      let word = "";
      let end = at + 1;
      let escaped = false;
      for (; end < value.length; end++) {
        const character = value[end]!;
        if (next && escaped) {
          // The character after an escape is taken as it is, whatever it is.
          word += character;
          escaped = false;
        } else if (character === "\\" && (value[end + 1] === '"' || value[end + 1] === "\\")) {
          word += value[++end]!;
          escaped = next;
        } else if (character === '"') break;
        else word += character;
      }
      words.push(end < value.length ? word : `"${word}`);
      at = end + 1;
    } else {
      let end = at;
      while (end < value.length && !blank.test(value[end]!) && value[end] !== '"') end++;
      words.push(value.slice(at, end));
      at = end;
    }
  }
  return words;
}
