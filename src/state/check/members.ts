/** Look-ups with a second opinion: where the device reads something else than a JSON reader would. */
import { childrenOf, endOf, find, findNumber, isText, kindOf, memberOf, rawOf, sizeOf, startOf } from "./lookup.ts";
import { quote, type Reading } from "./reading.ts";
import { ARRAY, OBJECT, STRING, type Tokens } from "./tokenizer.ts";

/** The token that the device reads for `key`; says so when that is not the value of the member `key`. */
export function look(reading: Reading, json: Tokens, key: string, path: string): number | undefined {
  const token = find(json, key);
  if (token === undefined) return undefined;
  const meant = memberOf(json, key);
  if (token !== meant) {
    const instead = meant === undefined ? "there is no such member" : `the member says ${quote(rawOf(json, meant))}`;
    reading.report("KEY_SHADOWED", `${path}/${key}`, `"${key}" is read as ${quote(rawOf(json, token))}; ${instead}`);
  }
  return token;
}

/** Raw text of what `look` finds. */
export function lookRaw(reading: Reading, json: Tokens, key: string, path: string): string | undefined {
  const token = look(reading, json, key, path);
  return token === undefined ? undefined : rawOf(json, token);
}

/**
 * The token of a key's value; undefined when the device cannot cope with it: a key without value at the end of a
 * full token table (it reads memory that is not its own), or a bracket that never closes in a text read as JSON.
 */
export function valueToken(reading: Reading, json: Tokens, key: number, path: string): number | undefined {
  const token = key + 1;
  if (token >= json.slots) reading.report("VALUE_BEYOND_TABLE", path, `${quote(rawOf(json, key))} has no value`);
  else if (endOf(json, token) < 0) reading.report("VALUE_UNCLOSED", path, `${quote(rawOf(json, key))} has no end`);
  else return token;
  return undefined;
}

/** Checks a value that the device reads as an integer. */
function checkInteger(reading: Reading, json: Tokens, key: string, path: string): void {
  const meant = memberOf(json, key);
  const token = findNumber(json, key);
  if (meant === undefined ? token === undefined : token === meant && /^-?\d+$/.test(rawOf(json, token))) return;
  const value = token === undefined ? "0" : String(Number.parseInt(rawOf(json, token), 10) || 0);
  const says = meant === undefined ? "which is no member" : `which says ${quote(rawOf(json, meant))}`;
  reading.report("NUMBER_MISREAD", `${path}/${key}`, `"${key}", ${says}, is read as ${value}`);
}

/** `auto_recovery` of a group or a container; nothing in it is ever refused. */
export function checkAutoRecovery(reading: Reading, json: Tokens, path: string): void {
  if (kindOf(json, 0) !== OBJECT) {
    reading.report("AUTO_RECOVERY_IGNORED", path, `auto_recovery is ${quote(rawOf(json, 0))}, not an object`);
    return;
  }
  const policy = lookRaw(reading, json, "policy", path);
  if (policy === undefined || !["no", "always", "on-failure", "unless-stopped"].includes(policy)) {
    reading.report(
      "AUTO_RECOVERY_IGNORED",
      `${path}/policy`,
      `recovery policy ${policy === undefined ? "is missing" : quote(policy)}`,
    );
  }
  for (const key of ["max_retries", "retry_delay", "reset_window", "stable_timeout"]) {
    checkInteger(reading, json, key, path);
  }
  const factor = lookRaw(reading, json, "backoff_factor", path);
  if (factor !== undefined && !/^\d+(\.\d+)?(E-?\d+)?$/i.test(factor)) {
    reading.report("NUMBER_MISREAD", `${path}/backoff_factor`, `"backoff_factor" is ${quote(factor)}`);
  }
  const backoff = lookRaw(reading, json, "backoff_policy", path);
  if (backoff !== undefined && !/^(reboot|never|\d*[1-9]\d*(s|min|h)?)$/.test(backoff)) {
    reading.report("BACKOFF_UNKNOWN", `${path}/backoff_policy`, `backoff policy ${quote(backoff)}`);
  }
}

/** Spelling of a key without what people mix up. */
const plain = (key: string): string => key.toLowerCase().replace(/[-_ ]|s$/g, "");

const spellings = new WeakMap<readonly string[], Map<string, string>>();

/** Says which members look like a key that is read but are not spelled like it. */
export function checkSpelling(reading: Reading, json: Tokens, known: readonly string[], path: string): void {
  let meanings = spellings.get(known);
  if (!meanings) spellings.set(known, (meanings = new Map(known.map((key) => [plain(key), key]))));
  for (const token of childrenOf(json, 0)) {
    // "#spec" is in every document
    if (kindOf(json, token) !== STRING || json.text.startsWith("#", startOf(json, token))) continue;
    if (known.some((key) => isText(json, token, key))) continue;
    const raw = rawOf(json, token);
    const meant = raw === "provision_ops" ? "provision_options" : meanings.get(plain(raw));
    if (meant) reading.report("KEY_MISSPELLED", `${path}/${raw}`, `"${raw}" is not read; the key is "${meant}"`);
  }
}

/**
 * Walks an array of objects as the device does: it reads one token as the element, then jumps two tokens a key. Right
 * only while no element holds another token. `visit` gives the number of keys (-1: not an object), or undefined to stop.
 */
export function walkList(
  reading: Reading,
  json: Tokens,
  path: string,
  visit: (token: number, path: string) => number | undefined,
): void {
  const elements = childrenOf(json, 0);
  let token = 1;
  let shifted = false;
  for (const [position, meant] of elements.entries()) {
    if (token < 0 || token >= json.slots) {
      reading.report(
        "LIST_UNDEFINED",
        path,
        `the list is read from ${token < 0 ? "before its start" : "behind its end"}`,
      );
      return;
    }
    if (token !== meant && !shifted) {
      shifted = true;
      const instead = token < json.count ? quote(rawOf(json, token)) : "nothing";
      reading.report(
        "LIST_SHIFTED",
        `${path}/${position - 1}`,
        `after this element the device goes on with ${instead}`,
      );
    }
    const keys = visit(token, token === meant ? `${path}/${position}` : path);
    if (keys === undefined) return;
    token += 1 + 2 * keys;
  }
}

/** The next `count` tokens of an array, whatever they are: how the device reads arrays of names. */
export function namesOf(json: Tokens | undefined): string[] | undefined {
  if (!json || json.failed) return undefined;
  const size = sizeOf(json, 0, ARRAY);
  return size < 0 ? undefined : Array.from({ length: size }, (_, index) => rawOf(json, index + 1));
}
