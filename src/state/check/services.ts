/** Services: `services` of run.json asks, `services.json` offers; both lists are walked by text position. */
import { endOf, rawOf, sizeOf, startOf } from "./lookup.ts";
import { checkSpelling, look, lookRaw } from "./members.ts";
import { quote, type Reading, type ServiceNeedRead, type ServiceOfferRead } from "./reading.ts";
import { ARRAY, type Tokens } from "./tokenizer.ts";

export const SERVICE_TYPES: readonly string[] = ["rest", "dbus", "unix", "drm", "wayland", "input"];

const NEED_KEYS = ["name", "type", "role", "interface", "target"];
const OFFER_KEYS = ["name", "type", "socket", "owns", "bus", "role", "allow"];

/** First tokens of the elements: each next one is the first token that begins after the last element's end. */
function* elementsOf(json: Tokens): Generator<number> {
  let token = 1;
  for (let left = sizeOf(json, 0, ARRAY); left > 0 && token < json.count; left--) {
    yield token;
    const to = endOf(json, token);
    do token++;
    while (token < json.count && startOf(json, token) < to);
  }
}

function checkType(reading: Reading, type: string | undefined, path: string): void {
  if (type !== undefined && SERVICE_TYPES.includes(type)) return;
  reading.report(
    "SERVICE_TYPE_UNKNOWN",
    `${path}/type`,
    `service type ${type === undefined ? "is missing" : quote(type)}`,
  );
}

/** What a container asks for; undefined: not a list. */
export function readNeeds(
  reading: Reading,
  json: Tokens,
  required: boolean,
  path: string,
): ServiceNeedRead[] | undefined {
  if (json.failed || sizeOf(json, 0, ARRAY) < 0) return undefined;
  const needs: ServiceNeedRead[] = [];
  for (const token of elementsOf(json)) {
    const at = `${path}/${needs.length}`;
    const need = reading.sub(json, token);
    if (need.failed || need.count === 0) {
      // an element that cannot be read is itself taken for a name
      needs.push({ name: rawOf(json, token), type: undefined, required, path: at });
      continue;
    }
    const name = lookRaw(reading, need, "name", at);
    const type = lookRaw(reading, need, "type", at);
    for (const key of ["role", "interface", "target"]) look(reading, need, key, at);
    if (name !== undefined) checkType(reading, type, at);
    checkSpelling(reading, need, NEED_KEYS, at);
    needs.push({ name, type, required, path: at });
  }
  return needs;
}

/** Reads a `services.json`: an object with `services`, or a bare list. Nothing in it is ever refused. */
export function readOffers(reading: Reading, json: Tokens, path: string): ServiceOfferRead[] {
  const token = json.failed ? undefined : look(reading, json, "services", path);
  const list = token === undefined ? json : reading.sub(json, token);
  if (list.failed || sizeOf(list, 0, ARRAY) < 0) {
    reading.report("VALUE_IGNORED", path, `${path} holds no list of services`);
    return [];
  }
  const offers: ServiceOfferRead[] = [];
  for (const element of elementsOf(list)) {
    const at = `${path}/services/${offers.length}`;
    const offer = reading.sub(list, element);
    if (offer.failed || offer.count === 0) {
      reading.report("VALUE_IGNORED", at, `a service is ${quote(rawOf(list, element))}`);
      continue;
    }
    const type = lookRaw(reading, offer, "type", at);
    checkType(reading, type, at);
    const owns = lookRaw(reading, offer, "owns", at);
    const name = owns === undefined ? lookRaw(reading, offer, "name", at) : undefined;
    const socket = owns === undefined ? lookRaw(reading, offer, "socket", at) : undefined;
    if (owns === undefined && name === undefined) reading.report("OFFER_NAMELESS", at, "a service without a name");
    checkSpelling(reading, offer, OFFER_KEYS, at);
    offers.push({ name, type, socket, path: at });
  }
  return offers;
}
