/** `device.json`, and the older `disks.json`, `disks_v3.json` and `groups.json` that stand in for it. */
import { checkDiskNames, readDisks } from "./disks.ts";
import { readGroups, STANDARD_GROUPS } from "./groups.ts";
import { childrenOf, kindOf, memberOf, rawOf, textOf } from "./lookup.ts";
import { checkSpelling, look, lookRaw, valueToken } from "./members.ts";
import { quote, type Reading } from "./reading.ts";
import { isThere, type Reserved } from "./reserved.ts";
import { readStorage } from "./storage.ts";
import { OBJECT, type Tokens } from "./tokenizer.ts";

const POOL_KEYS = ["type", "bridge", "parent", "subnet", "gateway", "nat"];
const KEYS = ["groups", "disks", "disks_v2", "disks_v3", "volumes", "network"];

/** Reads what describes the device, in the device's order. */
export function readDevice(reading: Reading, state: Tokens, reserved: Reserved): void {
  const here = reserved["device.json"];
  if (here.count === 1 && isThere(reading, reserved, "device.json"))
    readDeviceJson(reading, reading.sub(state, here.value!));
  for (const [key, lenient] of [
    ["disks.json", false],
    ["disks_v3.json", true],
  ] as const) {
    const { count, value } = reserved[key];
    if (count !== 1) continue;
    if (here.count > 0) reading.report("DOCUMENT_IGNORED", key, `${key} beside device.json`);
    else if (isThere(reading, reserved, key) && readDisks(reading, reading.sub(state, value!), key, lenient)) {
      checkDiskNames(reading);
    }
  }
  const { count, value } = reserved["groups.json"];
  if (count === 1) {
    if (here.count > 0) reading.report("DOCUMENT_IGNORED", "groups.json", "groups.json beside device.json");
    else if (isThere(reading, reserved, "groups.json")) readGroups(reading, reading.sub(state, value!), "groups.json");
    else reading.groupsFailed = true;
  } else if (count === 0 && here.count === 0) {
    for (const group of STANDARD_GROUPS) reading.addGroup(group);
    reading.standardGroups = true;
  }
}

function readDeviceJson(reading: Reading, json: Tokens): void {
  const path = "device.json";
  if (json.failed) {
    reading.report("DEVICE_UNREAD", path, `device.json is ${quote(textOf(json))}`);
    return;
  }
  const groups = look(reading, json, "groups", path);
  if (groups === undefined) {
    reading.report("DEVICE_UNREAD", path, "device.json has no groups");
    return;
  }
  readGroups(reading, reading.sub(json, groups), `${path}/groups`);
  let whole = true;
  for (const key of ["disks", "disks_v2", "disks_v3"]) {
    const disks = look(reading, json, key, path);
    if (disks === undefined) continue;
    whole = readDisks(reading, reading.sub(json, disks), `${path}/${key}`, key === "disks_v3") && whole;
  }
  if (whole) checkDiskNames(reading);
  const volumes = look(reading, json, "volumes", path);
  if (volumes !== undefined && !readStorage(reading, reading.sub(json, volumes), `${path}/volumes`, reading.volumes)) {
    reading.report("VOLUMES_INVALID", `${path}/volumes`, `volumes is ${quote(rawOf(json, volumes))}`);
  }
  const network = look(reading, json, "network", path);
  if (network !== undefined) readNetwork(reading, json, network, `${path}/network`);
  checkSpelling(reading, json, KEYS, path);
}

/** Network pools; what is wrong with one is never more than a pool that is not there. */
function readNetwork(reading: Reading, json: Tokens, token: number, path: string): void {
  const network = reading.sub(json, token);
  const found = network.failed ? undefined : look(reading, network, "pools", path);
  if (found === undefined) {
    if (
      memberOf(network, "pools") === undefined &&
      kindOf(network, 0) === OBJECT &&
      childrenOf(network, 0).length === 0
    )
      return;
    reading.report("VALUE_IGNORED", path, "no pools in network");
    return;
  }
  const pools = reading.sub(network, found);
  if (pools.failed || kindOf(pools, 0) !== OBJECT) {
    reading.report("VALUE_IGNORED", `${path}/pools`, `pools is ${quote(rawOf(network, found))}`);
    return;
  }
  for (const key of childrenOf(pools, 0)) {
    const name = rawOf(pools, key);
    const at = `${path}/pools/${name}`;
    const value = valueToken(reading, pools, key, at);
    if (value === undefined) return;
    const pool = reading.sub(pools, value);
    if (pool.failed || pool.count === 0) {
      reading.report("POOL_DROPPED", at, `pool ${quote(name)} is ${quote(rawOf(pools, key + 1))}`);
      return; // and the pools after it
    }
    const wrong = poolFault(reading, pool, at) ?? (reading.pools.has(name) ? "another pool has this name" : undefined);
    if (wrong) reading.report("POOL_DROPPED", at, `pool ${quote(name)}: ${wrong}`);
    else reading.pools.add(name);
  }
}

const isAddress = (text: string): boolean => {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
};

function poolFault(reading: Reading, pool: Tokens, path: string): string | undefined {
  const type = lookRaw(reading, pool, "type", path);
  const own = type === "macvlan" ? "parent" : "bridge";
  if (type !== undefined && type !== "macvlan" && type !== "bridge") {
    reading.report("VALUE_IGNORED", `${path}/type`, `pool type ${quote(type)} is taken for "bridge"`);
  }
  const subnet = lookRaw(reading, pool, "subnet", path);
  const gateway = lookRaw(reading, pool, "gateway", path);
  if (subnet === undefined || gateway === undefined) return "no subnet or gateway";
  if (lookRaw(reading, pool, own, path) === undefined) return `no ${own}`;
  const nat = lookRaw(reading, pool, "nat", path);
  if (nat !== undefined && nat !== "true" && nat !== "false") {
    reading.report("VALUE_IGNORED", `${path}/nat`, `nat ${quote(nat)} is read as false`);
  }
  const [network = "", bits] = subnet.split(/\/(.*)/s);
  const length = Number.parseInt(bits ?? "-1", 10) || 0;
  if (length < 0 || length > 32 || !isAddress(network)) return `subnet ${quote(subnet)}`;
  if (!isAddress(gateway)) return `gateway ${quote(gateway)}`;
  checkSpelling(reading, pool, POOL_KEYS, path);
  return undefined;
}
