/** `bsp/run.json` and `bsp/drivers.json`. */
import { childrenOf, find, kindOf, rawOf, sizeOf, textOf } from "./lookup.ts";
import { checkSpelling, lookRaw, namesOf, valueToken } from "./members.ts";
import { quote, type Reading } from "./reading.ts";
import { ARRAY, OBJECT, STRING, type Tokens } from "./tokenizer.ts";

const KEYS = [...["linux", "initrd", "fdt", "fit", "rpiab", "addons", "modules", "firmware", "initrd_config"]];

/** Files of the bsp that the device links or mounts, below `bsp/`. */
export interface BspFile {
  readonly name: string;
  readonly use: "boot" | "volume";
  readonly path: string;
}

/** Reads the boot files; what it returns is checked against the state's keys later. */
export function readBsp(reading: Reading, json: Tokens): BspFile[] {
  const path = "bsp/run.json";
  const files: BspFile[] = [];
  const file = (key: string, use: BspFile["use"]): string | undefined => {
    const name = lookRaw(reading, json, key, path);
    if (name !== undefined) files.push({ name, use, path: `${path}/${key}` });
    return name;
  };
  // three variants in one union: slot 0 is fit or linux, slot 1 rpiab or fdt, slot 2 initrd
  const fit = file("fit", "boot");
  const rpiab = fit === undefined ? file("rpiab", "boot") : undefined;
  const single = fit ?? rpiab;
  const linux = single === undefined ? file("linux", "boot") : undefined;
  const fdt = single === undefined ? file("fdt", "boot") : undefined;
  const initrd = single === undefined ? file("initrd", "boot") : undefined;
  file("firmware", "volume");
  if (!childrenOf(json, 0).some((key) => rawOf(json, key).startsWith("modules_"))) file("modules", "volume");

  if (single === undefined && linux === undefined && fdt === undefined) {
    const old = find(json, "kernel") === undefined ? "" : '; "kernel" is not read';
    reading.report("BSP_IMAGE_MISSING", path, `neither fit, nor rpiab, nor linux${old}`);
  } else if (reading.device.bootloader === "rpiab" && rpiab === undefined && fdt === undefined) {
    reading.report("BSP_RPIAB_MISSING", path, "the boot loader is rpiab and there is no rpiab image");
  } else if (kindOf(json, 0) !== OBJECT) {
    reading.report("BSP_INVALID", path, `bsp/run.json is ${quote(textOf(json))}`);
  } else if (single === undefined && (linux === undefined || initrd === undefined)) {
    reading.report("BSP_INCOMPLETE", path, `no ${linux === undefined ? "linux" : "initrd"}`);
  }
  for (const key of childrenOf(json, 0)) {
    if (!rawOf(json, key).startsWith("addons")) continue;
    if (sizeOf(json, key + 1, ARRAY) < 0) {
      reading.report("VALUE_IGNORED", `${path}/addons`, `addons is ${quote(rawOf(json, key + 1))}, not an array`);
    } else {
      const count = sizeOf(json, key + 1, ARRAY);
      for (let i = 0; i < count; i++) {
        files.push({ name: rawOf(json, key + 2 + i), use: "boot", path: `${path}/addons/${i}` });
      }
    }
    break;
  }
  checkSpelling(reading, json, KEYS, path);
  return files;
}

/** Reads the driver aliases that the device takes: of `all`, and of its FIT configuration. */
export function readDrivers(reading: Reading, json: Tokens): void {
  const path = "bsp/drivers.json";
  if (kindOf(json, 0) !== OBJECT) {
    reading.report("DRIVERS_INVALID", path, `drivers.json is ${quote(textOf(json))}`);
    return;
  }
  const { fitConfig } = reading.device;
  for (const key of childrenOf(json, 0)) {
    const name = rawOf(json, key);
    const at = `${path}/${name}`;
    if (name === "all" || (fitConfig !== "" && name.slice(10) === fitConfig)) {
      const value = valueToken(reading, json, key, at);
      if (value === undefined || !readAliases(reading, reading.sub(json, value), at)) return;
    } else if (name !== "#spec" && !name.startsWith("fitconfig:")) {
      reading.report("DRIVERS_UNREAD", at, `drivers of ${quote(name)}`);
    }
  }
}

function readAliases(reading: Reading, json: Tokens, path: string): boolean {
  if (kindOf(json, 0) !== OBJECT) {
    reading.report("DRIVERS_INVALID", path, `the aliases are ${quote(textOf(json))}`);
    return false;
  }
  for (const key of childrenOf(json, 0)) {
    const alias = rawOf(json, key);
    const value = valueToken(reading, json, key, `${path}/${alias}`);
    if (value === undefined) return false;
    const modules = reading.sub(json, value);
    if (modules.failed) {
      reading.report(
        "DRIVER_UNREADABLE",
        `${path}/${alias}`,
        `alias ${quote(alias)} is ${quote(rawOf(json, key + 1))}`,
      );
      return false;
    }
    const names = namesOf(modules);
    if (!names) reading.report("DRIVER_IGNORED", `${path}/${alias}`, `alias ${quote(alias)} is no array of modules`);
    else {
      reading.drivers.add(alias);
      if (childrenOf(modules, 0).some((module) => kindOf(modules, module) !== STRING)) {
        reading.report(
          "DRIVER_IGNORED",
          `${path}/${alias}`,
          `alias ${quote(alias)} holds something else than module lines`,
        );
      }
    }
  }
  return true;
}
