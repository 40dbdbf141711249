/**
 * What the device's signature check makes of the state's text, as far as it can be told without keys. It runs before
 * the state is read, on every update and boot, unless secure boot is switched off.
 */
import { compileDeviceGlob } from "../glob/compile-device-glob.ts";
import { compileGlob } from "../glob/compile-glob.ts";
import type { Keys } from "./keys.ts";
import { find, findRaw, rawOf, sizeOf, spanOf } from "./lookup.ts";
import { namesOf } from "./members.ts";
import { LIMITS, quote, type Reading } from "./reading.ts";
import { ARRAY, type Tokens, tokenize } from "./tokenizer.ts";

const SPEC = "pvs@2";
const ALGORITHMS = ["RS256", "ES256", "ES384", "ES512"];

/** Reads a text that is not part of the state's. */
const read = (text: string): Tokens => tokenize(text, { from: 0, to: text.length }, LIMITS);

export function checkSignatures(reading: Reading, json: Tokens, keys: Keys): void {
  const covered = new Set<string>();
  let signed = false;
  for (const { name, token } of keys.all) {
    const raw = rawOf(json, token + 1);
    const isObject = raw.startsWith("{") || raw.startsWith("[");
    if (!isObject && /^[\w./@-]*$/.test(raw)) continue;
    if (!isObject) {
      const text = reading.tokens(spanOf(json, token + 1));
      if (text.failed)
        reading.report("VALUE_UNREADABLE", name, `the value ${quote(raw)} is re-read as JSON and is none`);
      continue;
    }
    if (!raw.includes(SPEC)) continue;
    const document = reading.tokens(spanOf(json, token + 1));
    const header = findRaw(document, "protected");
    if (findRaw(document, "#spec") !== SPEC || header === undefined || find(document, "signature") === undefined)
      continue;
    signed = true;
    const lists = readHeader(reading, header, name);
    if (lists) select(reading, lists, keys, name, covered);
  }
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
    const more = left.length > 1 ? ` and ${left.length - 1} more` : "";
    reading.report("PART_UNSIGNED", left[0]!, `no signature covers ${left[0]}${more} of ${quote(part)}`);
  }
}

/** The two lists of a signature's header; undefined when the device gets no further. */
function readHeader(reading: Reading, header: string, path: string): { include: Tokens; exclude: Tokens } | undefined {
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
  if (json.failed) return refuse("its protected header is no JSON");
  const typ = findRaw(json, "typ");
  if (typ !== "PVS") return refuse(`its typ is ${quote(typ ?? "")}, not "PVS"`);
  const alg = findRaw(json, "alg");
  if (alg === undefined || !ALGORITHMS.includes(alg)) return refuse(`its alg is ${quote(alg ?? "")}`);
  const x5c = findRaw(json, "x5c");
  if (x5c !== undefined && sizeOf(read(x5c), 0, ARRAY) <= 0) return refuse("its x5c holds no certificate");
  const pvs = findRaw(json, "pvs");
  if (pvs === undefined) return refuse("its header has no pvs");
  const lists = read(pvs);
  const include = findRaw(lists, "include");
  const exclude = findRaw(lists, "exclude");
  if (include === undefined || exclude === undefined) {
    reading.report(
      "SIGNATURE_LIST_MISSING",
      path,
      `its header has no ${include === undefined ? "include" : "exclude"} list`,
    );
    return undefined;
  }
  return { include: read(include), exclude: read(exclude) };
}

/** Applies the lists to the keys, as the device does. */
function select(
  reading: Reading,
  lists: { include: Tokens; exclude: Tokens },
  keys: Keys,
  path: string,
  covered: Set<string>,
): void {
  const selected = new Set<string>();
  for (const which of ["include", "exclude"] as const) {
    const json = lists[which];
    const patterns = json.failed ? [] : (namesOf(json) ?? []);
    for (const pattern of patterns) {
      const onDevice = compileDeviceGlob(pattern);
      const inPvr = compileGlob(pattern);
      // neither matches a name that does not begin like the pattern
      const prefix = /^[^*?[{\\]*/.exec(pattern.replace(/\/\*\*$/, ""))![0];
      let other: string | undefined;
      for (const { name } of keys.all) {
        if (!name.startsWith(prefix)) continue;
        const matches = onDevice(name);
        if (matches !== (inPvr(name) === "match")) other ??= name;
        if (!matches) continue;
        covered.add(name);
        if (which === "include") selected.add(name);
        else selected.delete(name);
      }
      if (other !== undefined) {
        const message = `${which} pattern ${quote(pattern)} treats ${quote(other)} otherwise on a device than in pvr`;
        reading.report("PATTERN_TRAP", path, message);
      }
    }
  }
  if (selected.size === 0) reading.report("SIGNATURE_EMPTY", path, "its patterns select nothing on a device");
  if (selected.has(path)) reading.report("SIGNATURE_OF_ITSELF", path, "its patterns select the signature itself");
}
