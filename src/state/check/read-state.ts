/** The whole reading, in the device's order: the text, the device, the bsp, the keys; then start and update. */
import { checkArguments } from "./arguments.ts";
import { type BspFile, readBsp, readDrivers } from "./bsp.ts";
import { findDeviation } from "./canonical.ts";
import { readDevice } from "./device.ts";
import { checkFiles, checkKeyNames, readKeys } from "./keys.ts";
import { childrenOf, isText, kindOf, rawOf } from "./lookup.ts";
import { type Device, quote, Reading } from "./reading.ts";
import { findReserved, isThere, RESERVED, type Reserved } from "./reserved.ts";
import { checkSignatures } from "./signatures.ts";
import { checkStart, settleGroups } from "./start.ts";
import { BoundError, OBJECT, type Tokens } from "./tokenizer.ts";

const SPEC = "pantavisor-service-system@1";
const LEGACY_SPEC = "pantavisor-multi-platform@1";
/** As parseState: what is longer is no state of a device. */
const MAX_LENGTH = 64 * 2 ** 20;
/** Largest answer of a hub that a device takes. */
const HUB_LIMIT = 2 * 2 ** 20;

/** Text as the device has it: up to the first NUL byte; bytes that are no UTF-8 are kept one by one. */
function decode(input: string | Uint8Array): { text: string; broken: boolean; length: number } {
  const { length } = input;
  if (length > MAX_LENGTH) return { text: "", broken: false, length };
  if (typeof input === "string") return { text: input, broken: false, length };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(input), broken: false, length };
  } catch {
    return { text: new TextDecoder("latin1").decode(input), broken: true, length };
  }
}

/** Reads a state's text as the device would; `canonical` tells that we wrote it ourselves. */
export function readState(input: string | Uint8Array, device: Device, canonical = false): Reading {
  const { text, broken, length } = decode(input);
  const end = text.indexOf("\0");
  const reading = new Reading(end < 0 ? text : text.slice(0, end), device);
  if (end >= 0) reading.report("TEXT_NUL", "", `a NUL byte at offset ${end} ends the text for a device`);
  if (broken) reading.report("TEXT_NOT_UTF8", "", "the text is no UTF-8");
  if (length > MAX_LENGTH) {
    reading.report("JSON_TOO_LARGE", "", `the text is ${length} characters long`);
    return reading;
  }
  try {
    read(reading, canonical && end < 0);
  } catch (error) {
    if (!(error instanceof BoundError)) throw error;
    reading.report(error.message.startsWith("nested") ? "JSON_TOO_DEEP" : "JSON_TOO_LARGE", "", error.message);
  }
  return reading;
}

function read(reading: Reading, canonical: boolean): void {
  const { text } = reading;
  const json = reading.tokens({ from: 0, to: text.length });
  if (json.failed) {
    const { reason, at } = json.failed;
    reading.report("JSON_INVALID", "", `${reason}, at offset ${at}: ${quote(text.slice(at, at + 20))}`);
    return;
  }
  const reserved = findReserved(json);
  if (!checkSpec(reading, json, reserved)) return;
  checkRepeated(reading, json, reserved);
  readDevice(reading, json, reserved);
  const files = readBspDocuments(reading, json, reserved);
  if (kindOf(json, 0) !== OBJECT) {
    reading.report("STATE_NOT_OBJECT", "", "the state is no object");
    return;
  }
  const keys = readKeys(reading, json);
  settleGroups(reading);

  checkKeyNames(reading, keys);
  checkTail(reading, json);
  checkStart(reading, keys);
  checkFiles(reading, keys, files, files.length > 0);
  checkArguments(reading, json, keys);
  checkSignatures(reading, json, keys);
  const deviation = canonical ? undefined : findDeviation(json);
  if (deviation) reading.report("STATE_NOT_CANONICAL", "", `${deviation.what}, at offset ${deviation.at}`);
  if (text.length > HUB_LIMIT) reading.report("STATE_OVER_HUB_LIMIT", "", `the text has ${text.length} characters`);
}

/** Is the state of the kind that is read further? */
function checkSpec(reading: Reading, json: Tokens, reserved: Reserved): boolean {
  const { mode } = reading.device;
  const { count, value } = reserved["#spec"];
  const spec = value === undefined ? undefined : rawOf(json, value);
  if (spec === SPEC) return true;
  if (count === 0) reading.report("SPEC_MISSING", "#spec", 'the string "#spec" is nowhere in the text');
  else if (spec === undefined) isThere(reading, reserved, "#spec");
  else if (spec === LEGACY_SPEC && mode !== "appengine") {
    reading.report("SPEC_LEGACY", "#spec", `the state is ${quote(spec)}`);
  } else {
    const keys = childrenOf(json, 0).map((key) => rawOf(json, key));
    const shadowed = keys.includes("#spec") && keys[0] !== "#spec" ? "; #spec is not the first key" : "";
    const code = mode === "appengine" ? "SPEC_REFUSED" : "SPEC_UNKNOWN";
    reading.report(code, "#spec", `the first "#spec" of the text is ${quote(spec)}${shadowed}`);
  }
  return false;
}

/** Reserved names that stand in the text more often than as their key. */
function checkRepeated(reading: Reading, json: Tokens, reserved: Reserved): void {
  const keys = childrenOf(json, 0);
  for (const name of RESERVED.slice(1)) {
    const { count } = reserved[name];
    if (count > 1 && name !== "bsp/run.json")
      reading.report("RESERVED_REPEATED", name, `the string "${name}" is in the text ${count} times`);
    else if (count === 1 && !keys.some((key) => isText(json, key, name))) {
      reading.report("RESERVED_ELSEWHERE", name, `the string "${name}" is no key of the state`);
    }
  }
}

function readBspDocuments(reading: Reading, json: Tokens, reserved: Reserved): BspFile[] {
  const run = reserved["bsp/run.json"];
  const drivers = reserved["bsp/drivers.json"];
  let files: BspFile[] = [];
  if (run.count > 1) {
    reading.report("BSP_REPEATED", "bsp/run.json", `the string "bsp/run.json" is in the text ${run.count} times`);
  } else if (run.count === 1 && isThere(reading, reserved, "bsp/run.json") && reading.device.mode !== "appengine") {
    files = readBsp(reading, reading.sub(json, run.value!));
  }
  if (drivers.count === 1 && isThere(reading, reserved, "bsp/drivers.json")) {
    readDrivers(reading, reading.sub(json, drivers.value!));
  }
  return files;
}

/** Text after the state: it defines nothing, but its strings count in every look-up. */
function checkTail(reading: Reading, json: Tokens): void {
  const end = json.list[2]!;
  const tail = reading.text.slice(end).trim();
  if (tail !== "") reading.report("TEXT_AFTER_STATE", "", `text after the state: ${quote(tail)}`);
}
