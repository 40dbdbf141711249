/** Storage: run.json `storage` and device.json `volumes`. */
import { childrenOf, kindOf, rawOf, spanOf } from "./lookup.ts";
import { checkSpelling, lookRaw, valueSpan } from "./members.ts";
import { quote, type Reading, type Volume } from "./reading.ts";
import { OBJECT, type Tokens } from "./tokenizer.ts";

/** Reads the storage object that a token holds; false: it is none. */
export function readStorage(reading: Reading, parent: Tokens, token: number, path: string, into: Volume[]): boolean {
  const storage = reading.tokens(spanOf(parent, token));
  if (kindOf(storage, 0) !== OBJECT) return false;
  for (const key of childrenOf(storage, 0)) {
    const name = rawOf(storage, key);
    const at = `${path}/${name}`;
    const span = valueSpan(reading, storage, key, at);
    if (!span) return true;
    const volume = reading.tokens(span);
    const persistence = lookRaw(reading, volume, "persistence", at);
    const disk = lookRaw(reading, volume, "disk", at);
    if (persistence === undefined) {
      reading.report("STORAGE_DROPPED", at, `${quote(name)} has no persistence`);
      continue;
    }
    if (persistence !== "permanent" && persistence !== "revision" && persistence !== "boot") {
      reading.report("PERSISTENCE_UNKNOWN", `${at}/persistence`, `persistence ${quote(persistence)}`);
    }
    checkSpelling(reading, volume, ["persistence", "disk"], at);
    into.push({ kind: "storage", name, ...(disk !== undefined && { disk }), path: at });
  }
  return true;
}
