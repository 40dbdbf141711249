/** The names that the device looks up in the whole text: as keys, but also as any other string at any depth. */
import { endOf, isText, startOf } from "./lookup.ts";
import type { Reading } from "./reading.ts";
import type { Tokens } from "./tokenizer.ts";

export type ReservedName =
  | "#spec"
  | "device.json"
  | "disks.json"
  | "disks_v3.json"
  | "groups.json"
  | "bsp/run.json"
  | "bsp/drivers.json";
export const RESERVED: readonly ReservedName[] = [
  ...(["#spec", "device.json", "disks.json", "disks_v3.json", "groups.json"] as const),
  ...(["bsp/run.json", "bsp/drivers.json"] as const),
];

/** A bit for each length that a name has. */
const LENGTHS = (1 << 5) | (1 << 10) | (1 << 11) | (1 << 12) | (1 << 13) | (1 << 16);

/** How often the name stands in the text, and the token that the device takes for its value. */
export type Reserved = Readonly<Record<ReservedName, { readonly count: number; readonly value?: number }>>;

/** One pass over all tokens for all names. */
export function findReserved(json: Tokens): Reserved {
  const found = Object.fromEntries(RESERVED.map((name) => [name, { count: 0 }])) as Record<
    ReservedName,
    { count: number; value?: number }
  >;
  for (let token = 0; token < json.count; token++) {
    const length = endOf(json, token) - startOf(json, token);
    if (length > 16 || ((LENGTHS >> length) & 1) === 0) continue;
    for (const name of RESERVED) {
      if (length !== name.length || !isText(json, token, name)) continue;
      const entry = found[name];
      entry.count++;
      let value = token + 1;
      while (value < json.count && isText(json, value, name)) value++;
      if (value < json.slots) entry.value ??= value;
    }
  }
  return found;
}

/** Reports a name whose value the device cannot get: the last string of a text that fills the token table. */
export function isThere(reading: Reading, reserved: Reserved, name: ReservedName): boolean {
  if (reserved[name].value !== undefined) return true;
  reading.report("RESERVED_LAST", name, `the string "${name}" is the last of the text`);
  return false;
}
