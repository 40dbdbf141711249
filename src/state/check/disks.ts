/** Disk lists: `disks` and `disks_v2` are strict, `disks_v3` is lenient about types. */
import { rawOf, sizeOf, textOf } from "./lookup.ts";
import { checkSpelling, look, lookRaw, namesOf, walkList } from "./members.ts";
import { type Disk, quote, type Reading } from "./reading.ts";
import { ARRAY, OBJECT, type Tokens } from "./tokenizer.ts";

const CRYPT = ["dm-crypt-versatile", "dm-crypt-caam", "dm-crypt-dcp"];
const TYPES = [...CRYPT, "swap-disk", "volume-disk", "dual"];
const STEPS = ["primary", "secondary", "create-primary", "create-secondary", "copy-once-to-primary"];
/** Read in this order; the last three only in a dual disk or for its parts. */
const KEYS = [
  ...["name", "path", "mount_target", "mount_options", "format_options", "provision", "provision_options", "uuid"],
  ...["type", "mode", "format", "default", "migrate_keyblob", "aliases", "disks", "init_order"],
];

/** Reads one list; false: refused. */
export function readDisks(reading: Reading, json: Tokens, path: string, lenient: boolean): boolean {
  const refuse = (code: Parameters<Reading["report"]>[0], at: string, message: string): undefined => {
    refused = true;
    reading.report(code, at, message);
  };
  let refused = false;
  if (json.failed || sizeOf(json, 0, ARRAY) <= 0) {
    refuse("DISKS_INVALID", path, `the disk list is ${quote(textOf(json))}`);
    return false;
  }
  walkList(reading, json, path, (token, at) => {
    const disk = reading.sub(json, token);
    if (disk.failed || disk.count === 0) {
      return refuse("DISK_INVALID", at, `the device reads ${quote(rawOf(json, token))} as a disk`);
    }
    const keys = sizeOf(disk, 0, OBJECT);
    const name = lookRaw(reading, disk, "name", at);
    const type = lookRaw(reading, disk, "type", at);
    if (type === undefined || !TYPES.includes(type)) {
      const message = `disk ${quote(name ?? "")} has ${type === undefined ? "no type" : `the type ${quote(type)}`}`;
      if (!lenient) return refuse("DISK_TYPE_UNKNOWN", at, message);
      reading.report("DISK_SKIPPED", at, message);
      return keys;
    }
    reading.disks.push(readDisk(reading, disk, name, type, at));
    return keys;
  });
  return !refused;
}

function readDisk(reading: Reading, disk: Tokens, name: string | undefined, type: string, path: string): Disk {
  for (const key of ["path", "mount_target", "mount_options", "format_options", "provision", "uuid"]) {
    look(reading, disk, key, path);
  }
  const format = lookRaw(reading, disk, "format", path);
  if ((type === "swap-disk" || type === "volume-disk") && !["swap", "ext4", "ext3"].includes(format ?? "")) {
    reading.report(
      "DISK_FORMAT_UNKNOWN",
      `${path}/format`,
      `format ${format === undefined ? "is missing" : quote(format)}`,
    );
  }
  const mode = lookRaw(reading, disk, "mode", path);
  if (mode !== undefined && mode !== "mainline" && mode !== "nxp") {
    reading.report("VALUE_IGNORED", `${path}/mode`, `mode ${quote(mode)} is neither "mainline" nor "nxp"`);
  }
  const isYes = (key: string): boolean => {
    const raw = lookRaw(reading, disk, key, path);
    if (raw !== undefined && raw !== "yes" && raw !== "no") {
      reading.report(
        "VALUE_IGNORED",
        `${path}/${key}`,
        `"${key}" is ${quote(raw)}; only the text "yes" switches it on`,
      );
    }
    return raw === "yes";
  };
  const byDefault = isYes("default");
  isYes("migrate_keyblob");
  const aliases = readNames(reading, disk, "aliases", path) ?? [];
  if (type === "dual") {
    const parts = readNames(reading, disk, "disks", path) ?? [];
    const steps = readNames(reading, disk, "init_order", path) ?? [];
    if (parts.length > 4) reading.report("VALUE_IGNORED", `${path}/disks`, "only the first 4 disks are read");
    if (steps.length > 8) reading.report("VALUE_IGNORED", `${path}/init_order`, "only the first 8 steps are read");
    for (const step of steps) {
      if (!STEPS.includes(step))
        reading.report("VALUE_IGNORED", `${path}/init_order`, `step ${quote(step)} is unknown`);
    }
  }
  checkSpelling(reading, disk, KEYS, path);
  return { name, type, byDefault, aliases, path };
}

/** A list of names; anything else is passed over. */
function readNames(reading: Reading, json: Tokens, key: string, path: string): string[] | undefined {
  const token = look(reading, json, key, path);
  if (token === undefined) return undefined;
  const list = reading.sub(json, token);
  const names = list.failed ? undefined : namesOf(list);
  if (!names)
    reading.report("VALUE_IGNORED", `${path}/${key}`, `"${key}" is ${quote(rawOf(json, token))}, not an array`);
  return names;
}

/** Names and aliases of all disks that were kept. */
export function checkDiskNames(reading: Reading): void {
  const byName = new Map<string, Disk[]>();
  for (const disk of reading.disks) {
    if (!disk.name) reading.report("DISK_NAMELESS", disk.path, "a disk without a name");
    const same = byName.get(disk.name ?? "");
    if (!same) byName.set(disk.name ?? "", [disk]);
    else {
      same.push(disk);
      if (disk.name) reading.report("DISK_REPEATED", disk.path, `there is a disk ${quote(disk.name)} before this one`);
    }
  }
  const byAlias = new Map<string, Disk>();
  for (const disk of reading.disks) {
    for (const alias of disk.aliases) {
      const path = `${disk.path}/aliases`;
      const owner = byAlias.get(alias);
      if (alias === "") reading.report("DISK_ALIAS_EMPTY", path, "an empty alias");
      else if ((owner && owner !== disk) || byName.get(alias)?.some((other) => other !== disk)) {
        reading.report("DISK_ALIAS_TAKEN", path, `alias ${quote(alias)} is a name or alias of another disk`);
      }
      if (!owner) byAlias.set(alias, disk);
    }
  }
  const chosen = reading.disks.filter((disk) => disk.byDefault);
  for (const disk of chosen.slice(1)) {
    reading.report(
      "DISK_DEFAULT_REPEATED",
      `${disk.path}/default`,
      `disk ${quote(chosen[0]!.name ?? "")} is the default already`,
    );
  }
}
