/** What happens after a state was read: groups are settled, then the runtime starts its containers. */
import type { Keys } from "./keys.ts";
import { type Container, quote, type Reading, type ServiceOfferRead, type Volume } from "./reading.ts";

/** The bus that a device may host itself. */
const HOSTED_BUS = "system-bus";

/** Gives every container its group; the end of the device's reading. */
export function settleGroups(reading: Reading): void {
  const { containers, groups } = reading;
  if (reading.standardGroups) {
    const [root, rest] = [groups[1]!, groups[2]!];
    if (!containers.some((container) => container.group === root)) {
      const first = containers.find((container) => !container.group);
      if (first) first.group = root;
    }
    for (const container of containers) container.group ??= rest;
  } else {
    const last = groups.at(-1);
    for (const container of containers) {
      if (last) container.group ??= last;
      else if (!container.group && !reading.groupsFailed) {
        reading.report(
          "GROUPS_NONE",
          container.key,
          `container ${quote(container.name)} has no group, and there is none to put it in`,
        );
      }
    }
  }
  for (const container of containers) {
    const goal = container.goal ?? container.group?.goal;
    if (goal !== undefined) container.goal = goal;
  }
}

/** The folders of the state, made when first asked for. */
function foldersOf(keys: Keys): () => ReadonlySet<string> {
  let folders: Set<string> | undefined;
  return () => {
    if (folders) return folders;
    folders = new Set();
    for (const { name } of keys.all) {
      for (let at = name.indexOf("/"); at >= 0; at = name.indexOf("/", at + 1)) folders.add(name.slice(0, at));
    }
    return folders;
  };
}

/** What kills or stops the runtime at start. */
export function checkStart(reading: Reading, keys: Keys): void {
  const folders = foldersOf(keys);
  const hasDrivers = keys.all.some(({ name }) => name === "bsp/drivers.json");
  const isFile = (path: string): boolean => keys.files.has(path) || (path.endsWith(".data") && folders().has(path));
  const disks = new Set(
    reading.disks.flatMap(({ name, aliases }) => (name === undefined ? aliases : [name, ...aliases])),
  );
  for (const container of reading.containers) {
    const { key, name } = container;
    const starts = container.goal !== "MOUNTED";
    if (reading.byName.get(name) !== container) {
      reading.report("NAME_REPEATED", `${key}/name`, `another container is called ${quote(name)}`);
    }
    const atHome = name === container.folder;
    if (!atHome)
      reading.report(
        "NAME_UNLIKE_FOLDER",
        `${key}/name`,
        `the container in ${container.folder} is called ${quote(name)}`,
      );
    if (container.type === undefined) reading.report("TYPE_MISSING", `${key}/type`, `${key} has no type`);
    else if (container.type !== "lxc" && starts) {
      reading.report("TYPE_UNKNOWN", `${key}/type`, `container type ${quote(container.type)}`);
    }
    if (starts && container.config === undefined)
      reading.report("CONFIG_MISSING", `${key}/config`, `${key} has no config`);
    else if (starts && atHome && !isFile(`${name}/${container.config}`)) {
      reading.report("CONFIG_FILE_MISSING", `${key}/config`, `there is no ${name}/${container.config}`);
    }
    for (const volume of container.volumes)
      checkVolume(reading, volume, disks, atHome ? (file) => isFile(`${name}/${file}`) : undefined);
    if (starts && container.pool !== undefined && !reading.pools.has(container.pool)) {
      reading.report("POOL_UNKNOWN", `${key}/network/pool`, `there is no network pool ${quote(container.pool)}`);
    }
    if (hasDrivers) {
      for (const driver of container.drivers) {
        if (reading.drivers.has(driver.alias)) continue;
        reading.report("DRIVER_UNKNOWN", driver.path, `no driver alias ${quote(driver.alias)} in bsp/drivers.json`);
      }
    }
  }
  for (const volume of reading.volumes) checkVolume(reading, volume, disks);
  checkServices(reading);
}

/** A volume; `isThere` is not given where files are looked up elsewhere. */
function checkVolume(
  reading: Reading,
  volume: Volume,
  disks: ReadonlySet<string>,
  isThere?: (file: string) => boolean,
): void {
  const { name, path, disk } = volume;
  if (volume.kind === "image") {
    const file = name.slice(name.indexOf(":") + 1);
    if (!name.includes(".")) reading.report("VOLUME_SUFFIX_MISSING", path, `volume ${quote(name)} has no suffix`);
    else if (isThere && !isThere(file))
      reading.report("VOLUME_MISSING", path, `there is no file ${quote(file)} in the container's folder`);
    if (file.endsWith(".bind")) reading.report("VOLUME_BIND", path, `volume ${quote(name)}`);
  } else if (disk !== undefined && !disks.has(disk)) {
    reading.report("DISK_UNKNOWN", `${path}/disk`, `there is no disk ${quote(disk)}`);
  }
}

/** Who gives what is asked for. */
function checkServices(reading: Reading): void {
  const offers = new Map<string, ServiceOfferRead[]>();
  const giver = new Map<string, Container>();
  for (const container of reading.containers) {
    for (const offer of container.offers) {
      if (offer.name === undefined) continue;
      const same = offers.get(offer.name);
      if (!same) {
        offers.set(offer.name, [offer]);
        giver.set(offer.name, container);
      } else {
        same.push(offer);
        reading.report(
          "SERVICE_REPEATED",
          offer.path,
          `${quote(giver.get(offer.name)!.name)} gives a service ${quote(offer.name)} already`,
        );
      }
    }
  }
  for (const container of reading.containers) {
    for (const need of container.needs) {
      const given = need.name === undefined ? undefined : offers.get(need.name);
      const what = need.name === undefined ? "a service without a name" : `service ${quote(need.name)}`;
      if (!given) {
        const code = need.name === HOSTED_BUS ? "SERVICE_HOSTED" : need.required ? "SERVICE_UNMET" : "SERVICE_ABSENT";
        reading.report(code, need.path, `${quote(container.name)} asks for ${what}, which no container gives`);
        continue;
      }
      const offer = given.find((one) => one.type === need.type);
      if (!offer) {
        const type = given[0]!.type === undefined ? "of no type" : `of type ${quote(given[0]!.type)}`;
        reading.report(
          "SERVICE_TYPE_UNLIKE",
          need.path,
          `${quote(container.name)} asks for ${what} of type ${quote(need.type ?? "")}; it is ${type}`,
        );
      } else if (offer.socket === undefined) {
        reading.report(
          "SERVICE_SOCKETLESS",
          offer.path,
          `${what}, asked for by ${quote(container.name)}, has no socket`,
        );
      }
    }
  }
}
