/**
 * What the device's signature check makes of the state's text, as far as it can be told without keys. It runs before
 * the state is read, on every update and boot, unless secure boot is switched off.
 */
import { compileDeviceGlob } from "../glob/compile-device-glob.ts";
import { compileGlob } from "../glob/compile-glob.ts";
import type { Keys } from "./keys.ts";
import { find, findRaw, kindOf, rawOf } from "./lookup.ts";
import { namesOf } from "./members.ts";
import { LIMITS, quote, type Reading } from "./reading.ts";
import { BoundError, PRIMITIVE, STRING, type Tokens, tokenize } from "./tokenizer.ts";

const SPEC = "pvs@2";
const ALGORITHMS = ["RS256", "ES256", "ES384", "ES512"];

/** Characters of keys that patterns are tried on, by signs of the pattern; real states need a hundredth. */
const MAX_WORK = 50_000_000;

/** What the signatures cover together. */
interface Coverage {
  readonly covered: Set<string>;
  work: number;
}

/** Reads a text that is not part of the state's; undefined: it cannot be read. */
function read(text: string): Tokens | undefined {
  try {
    const json = tokenize(text, { from: 0, to: text.length }, LIMITS);
    return json.failed ? undefined : json;
  } catch (error) {
    if (error instanceof BoundError) return undefined;
    throw error;
  }
}

export function checkSignatures(reading: Reading, json: Tokens, keys: Keys): void {
  const coverage: Coverage = { covered: new Set(), work: 0 };
  let signed = false;
  for (const { name, token } of keys.all) {
    const value = token + 1;
    const kind = kindOf(json, value);
    if (kind === STRING || kind === PRIMITIVE) {
      if (!/^[\w./@-]*$/.test(rawOf(json, value)) && reading.sub(json, value).failed) {
        const message = `the value ${quote(rawOf(json, value))} is read as JSON once more, and is none`;
        reading.report("VALUE_UNSIGNABLE", name, message);
      }
      continue;
    }
    const document = reading.sub(json, value);
    if (findRaw(document, "#spec") !== SPEC) continue;
    const header = findRaw(document, "protected");
    if (header === undefined || find(document, "signature") === undefined) continue;
    signed = true;
    const lists = readHeader(reading, header, name);
    if (lists) select(reading, lists, keys, name, coverage);
  }
  const { covered } = coverage;
  if (coverage.work > MAX_WORK) signed = false;
  if (!signed) return;
  const parts = new Map<string, string[]>();
  for (const { name } of keys.all) {
    if (covered.has(name) || name.startsWith("_sigs/")) continue;
    const [first, second] = name.split("/", 2) as [string, string?];
    const part = first === "_config" && second !== undefined ? second : first;
    const left = parts.get(part);
    if (left) left.push(name);
    else parts.set(part, [name]);
  }
  for (const [part, left] of parts) {
    const more = left.length > 1 ? ` and ${left.length - 1} more of ${quote(part)}` : "";
    reading.report("PART_UNSIGNED", left[0]!, `no signature covers ${quote(left[0]!)}${more}`);
  }
}

/** Patterns of a signature. */
interface Lists {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** The two lists of a signature's header; undefined when the device gets no further. */
function readHeader(reading: Reading, header: string, path: string): Lists | undefined {
  const refuse = (message: string): undefined => reading.report("SIGNATURE_REFUSED", path, message) as undefined;
  let text: string;
  try {
    text = new TextDecoder().decode(
      Uint8Array.from(atob(header.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0)),
    );
  } catch {
    return refuse("its protected header is no base64url");
  }
  const json = read(text);
  if (!json) return refuse("its protected header is no JSON");
  const typ = findRaw(json, "typ");
  if (typ !== "PVS") return refuse(`its typ is ${quote(typ ?? "")}, not "PVS"`);
  const alg = findRaw(json, "alg");
  if (alg === undefined || !ALGORITHMS.includes(alg)) return refuse(`its alg is ${quote(alg ?? "")}`);
  const x5c = findRaw(json, "x5c");
  if (x5c !== undefined && !namesOf(read(x5c))?.length) return refuse("its x5c holds no certificate");
  const pvs = findRaw(json, "pvs");
  if (pvs === undefined) return refuse("its header has no pvs");
  const lists = read(pvs);
  const include = lists && findRaw(lists, "include");
  const exclude = lists && findRaw(lists, "exclude");
  if (include === undefined || exclude === undefined) {
    const missing = include === undefined ? "include" : "exclude";
    reading.report("SIGNATURE_LIST_MISSING", path, `its header has no ${missing} list`);
    return undefined;
  }
  return { include: namesOf(read(include)) ?? [], exclude: namesOf(read(exclude)) ?? [] };
}

/** Applies the lists to the keys, as the device does and as pvr does. */
function select(reading: Reading, lists: Lists, keys: Keys, path: string, coverage: Coverage): void {
  const onDevice = new Set<string>();
  const inPvr = new Set<string>();
  const mark = (selected: Set<string>, which: keyof Lists, name: string): void => {
    if (which === "include") selected.add(name);
    else selected.delete(name);
  };
  for (const which of ["include", "exclude"] as const) {
    for (const pattern of lists[which]) {
      const device = compileDeviceGlob(pattern);
      const pvr = compileGlob(pattern);
      const stem = pattern.replace(/\/\*\*$/, "");
      // neither matches a name that does not begin like the pattern; without these signs pvr matches no more
      const prefix = /^[^*?[{\\]*/.exec(stem)![0];
      const isPlain = !/\*\*|[{[\\]/.test(stem);
      const weight = 1 + (stem.match(/[*?[{]/g)?.length ?? 0);
      for (const { name } of keys.all) {
        if (!name.startsWith(prefix)) continue;
        coverage.work += name.length * weight;
        if (coverage.work > MAX_WORK) {
          reading.report("SIGNATURES_UNCHECKED", path, "there are too many patterns and keys to apply them all");
          return;
        }
        const matches = device(name);
        if (matches) {
          coverage.covered.add(name);
          mark(onDevice, which, name);
        }
        if ((matches || !isPlain) && pvr(name) === "match") mark(inPvr, which, name);
      }
    }
  }
  const only = (some: Set<string>, others: Set<string>): string | undefined =>
    [...some].find((name) => !others.has(name));
  const other = only(onDevice, inPvr) ?? only(inPvr, onDevice);
  if (onDevice.size === 0) reading.report("SELECTION_EMPTY", path, "its patterns select nothing on a device");
  else if (other !== undefined) {
    const where = onDevice.has(other) ? "on a device, but not in pvr" : "in pvr, but not on a device";
    reading.report("PATTERN_AMBIGUOUS", path, `its patterns select ${quote(other)} ${where}`);
  }
  if (onDevice.has(path)) reading.report("SIGNATURE_OF_ITSELF", path, "its patterns select the signature itself");
}
