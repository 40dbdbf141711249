/** The keys of the state in text order: containers, services, documents and objects; then who owns them. */
import type { BspFile } from "./bsp.ts";
import { readContainer } from "./containers.ts";
import { childrenOf, kindOf, rawOf } from "./lookup.ts";
import { valueToken } from "./members.ts";
import { quote, type Reading } from "./reading.ts";
import { RESERVED } from "./reserved.ts";
import { readOffers } from "./services.ts";
import { OBJECT, PRIMITIVE, STRING, type Tokens } from "./tokenizer.ts";

/** A key of the state as the device files it. */
export interface Key {
  readonly name: string;
  readonly kind: "document" | "object" | "skipped" | "ignored";
  /** Token of the key; its value is the next one. */
  readonly token: number;
}

/** All keys and the files they give, by path. */
export interface Keys {
  readonly all: readonly Key[];
  readonly files: ReadonlySet<string>;
}

const HEX = /^[0-9a-fA-F]{64}$/;
const IDS = /^[0-9a-f]{64}$/;

export function readKeys(reading: Reading, json: Tokens): Keys {
  const all: Key[] = [];
  const files = new Set<string>();
  for (const token of childrenOf(json, 0)) {
    const name = rawOf(json, token);
    const kind = readKey(reading, json, token, name);
    all.push({ name, kind, token });
    if (kind === "object" || kind === "document") files.add(name);
  }
  // owners are found last: a key without any letter has none to look for, and the runtime does not expect that
  for (const key of all) {
    if (key.kind === "object" && /^\/*$/.test(key.name)) {
      reading.report("KEY_SLASHES", key.name, `the key ${quote(key.name)} names no file`);
    }
  }
  return { all, files };
}

function readKey(reading: Reading, json: Tokens, token: number, name: string): Key["kind"] {
  const reserved = name.length > 16 ? undefined : RESERVED.find((known) => known.startsWith(name));
  if (reserved !== undefined) {
    if (reserved !== name) {
      reading.report("KEY_SKIPPED", name, `the key ${quote(name)} begins like "${reserved}"`);
    }
    return "skipped";
  }
  if (kindOf(json, token) !== STRING) reading.report("KEY_BARE", name, `${quote(name)} stands where a key should`);
  const value = token + 1;
  if (valueToken(reading, json, token, name) === undefined) return "skipped";
  const slash = name.lastIndexOf("/");
  if (slash >= 0) {
    const folder = name.slice(0, slash);
    const file = name.slice(slash);
    if (file === "/run.json") {
      if (/^_|\/|^$/.test(folder)) reading.report("CONTAINER_UNEXPECTED", name, `${name} makes a container`);
      readContainer(reading, name, reading.sub(json, value));
      return "document";
    }
    if (file === "/services.json") {
      const owner = reading.byName.get(folder);
      const offers = readOffers(reading, reading.sub(json, value), name);
      if (owner) for (const offer of offers) owner.offers.push(offer);
      else if (offers.length > 0) {
        const there = reading.byFolder.get(folder);
        const why = there
          ? `the container in ${folder} is called ${quote(there.name)}`
          : `no ${folder}/run.json came before it`;
        reading.report("SERVICES_LOST", name, `${name} belongs to no container: ${why}`);
      }
      return "document";
    }
    if (file === "/src.json" || file === "/build.json" || name.startsWith("_sigs/")) return "ignored";
  }
  const raw = rawOf(json, value);
  if (name.endsWith(".json") && !HEX.test(raw)) {
    if (kindOf(json, value) === PRIMITIVE) reading.report("VALUE_BARE", name, `${name} is ${quote(raw)}`);
    return "document";
  }
  if (!IDS.test(raw)) {
    const why = kindOf(json, value) === OBJECT ? "an object" : quote(raw);
    reading.report("OBJECT_ID_INVALID", name, `${name} is ${why}, not the SHA-256 of an object`);
  }
  return "object";
}

/** Files of the bsp and the overlays of containers. */
export function checkFiles(reading: Reading, keys: Keys, bsp: readonly BspFile[], hasBsp: boolean): void {
  for (const file of bsp) {
    if (keys.files.has(`bsp/${file.name}`)) continue;
    const code = file.use === "boot" ? "BSP_FILE_MISSING" : "VOLUME_MISSING";
    reading.report(code, file.path, `there is no bsp/${file.name}`);
  }
  for (const { name } of keys.all) {
    if (!name.startsWith("_config/")) continue;
    const owner = name.slice(8).split("/", 1)[0]!;
    if (owner !== "" && !reading.byName.has(owner) && !(owner === "bsp" && hasBsp)) {
      reading.report("OVERLAY_OWNERLESS", name, `there is no container ${quote(owner)}`);
    }
  }
}

/** Top-level keys that are there twice, or are not spelled plainly. */
export function checkKeyNames(reading: Reading, keys: Keys): void {
  const seen = new Set<string>();
  for (const { name } of keys.all) {
    if (seen.has(name)) reading.report("KEY_REPEATED", name, `the key ${quote(name)} is there twice`);
    seen.add(name);
    if (name.includes("\\")) reading.report("KEY_ESCAPED", name, `the key ${quote(name)} is written with escapes`);
    if (/(?:^|\/)\.{0,2}(?:\/|$)/.test(name) && !/^\/*$/.test(name)) {
      reading.report("KEY_UNSAFE", name, `the key ${quote(name)} is no clean path`);
    }
  }
}
