/** Storage: run.json `storage` and device.json `volumes`. */
import { childrenOf, kindOf, rawOf } from "./lookup.ts";
import { checkSpelling, lookRaw, valueToken } from "./members.ts";
import { quote, type Reading, type Volume } from "./reading.ts";
import { OBJECT, type Tokens } from "./tokenizer.ts";

const KEYS = ["persistence", "disk"];

/** Reads a storage object; false: it is none. */
export function readStorage(reading: Reading, storage: Tokens, path: string, into: Volume[]): boolean {
  if (kindOf(storage, 0) !== OBJECT) return false;
  for (const key of childrenOf(storage, 0)) {
    const name = rawOf(storage, key);
    const at = `${path}/${name}`;
    const value = valueToken(reading, storage, key, at);
    if (value === undefined) return true;
    const volume = reading.sub(storage, value);
    const persistence = lookRaw(reading, volume, "persistence", at);
    const disk = lookRaw(reading, volume, "disk", at);
    if (persistence === undefined) {
      reading.report("STORAGE_DROPPED", at, `${quote(name)} has no persistence`);
      continue;
    }
    if (persistence !== "permanent" && persistence !== "revision" && persistence !== "boot") {
      reading.report("PERSISTENCE_UNKNOWN", `${at}/persistence`, `persistence ${quote(persistence)}`);
    }
    checkSpelling(reading, volume, KEYS, at);
    into.push({ kind: "storage", name, ...(disk !== undefined && { disk }), path: at });
  }
  return true;
}
