/**
 * The part that a key of a state belongs to: its folder, or the part whose overlay (`_config/web/..`) or signature
 * (`_sigs/web.json`) it is; `device` for the documents of the whole device, else the file itself.
 */
export function partName(path: string): string {
  const [first = "", second] = path.split("/", 2);
  if (second === undefined) return /^(?:#spec|(?:device|groups|disks|disks_v3)\.json)$/.test(first) ? "device" : first;
  if (first === "_config") return second;
  return first === "_sigs" ? path.slice(6).replace(/\.json$/, "") : first;
}

/** Text of others on one line: control and direction characters would redraw a terminal or turn a sentence round. */
export function visible(text: string, most = 120): string {
  return (text.length > most ? `${text.slice(0, most - 1)}…` : text).replace(
    /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

/** A count of bytes for people. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = -1;
  for (; value >= 1024 && unit < 3; unit++) value /= 1024;
  return unit < 0 ? `${bytes} B` : `${value.toFixed(1)} ${"KMGT"[unit]}iB`;
}
