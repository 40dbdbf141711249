/** The names that the device looks up in the whole text: as keys, but also as any other string at any depth. */
import { kindOf, rawOf, spanOf } from "./lookup.ts";
import type { Reading } from "./reading.ts";
import { type Span, STRING, type Tokens } from "./tokenizer.ts";

export const RESERVED = [
  ...(["#spec", "device.json", "disks.json", "disks_v3.json", "groups.json"] as const),
  ...(["bsp/run.json", "bsp/drivers.json"] as const),
];
export type ReservedName = (typeof RESERVED)[number];

/** How often the name stands in the text, and what the device takes for its value. */
export type Reserved = Readonly<Record<ReservedName, { readonly count: number; readonly span?: Span }>>;

/** One pass over all tokens for all names. */
export function findReserved(json: Tokens): Reserved {
  const found = {} as Record<ReservedName, { count: number; span?: Span }>;
  for (const name of RESERVED) found[name] = { count: 0 };
  const longest = Math.max(...RESERVED.map((name) => name.length));
  for (let token = 0; token < json.count; token++) {
    const { from, to } = spanOf(json, token);
    if (to - from > longest || kindOf(json, token) !== STRING) continue;
    const entry = found[json.text.slice(from, to) as ReservedName] as { count: number; span?: Span } | undefined;
    if (!entry || !Object.hasOwn(found, json.text.slice(from, to))) continue;
    entry.count++;
    if (entry.span) continue;
    let value = token + 1;
    while (value < json.count && kindOf(json, value) === STRING && rawOf(json, value) === json.text.slice(from, to))
      value++;
    if (value < json.slots) entry.span = spanOf(json, value);
  }
  return found;
}

/** Reports a name whose value the device cannot get: the last string of a text that fills the token table. */
export function isThere(reading: Reading, reserved: Reserved, name: ReservedName): boolean {
  if (reserved[name].span) return true;
  reading.report("RESERVED_LAST", name, `the string "${name}" is the last of the text`);
  return false;
}
