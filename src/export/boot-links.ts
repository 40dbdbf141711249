import { type JsonObject, type JsonValue, type ObjectId, PvError } from "../core/index.ts";
import type { State } from "../state/index.ts";

/** A name in `.pv/` and the key of the state that it is a link to. */
export interface BootLink {
  name: string;
  key: string;
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/**
 * What a boot loader looks for, by the device's own rules (pantavisor `storage.c`): a FIT alone; else a Raspberry Pi
 * boot image alone; else kernel, initramfs, device tree and addons. Documents of before (`kernel` for `linux`, or
 * neither) are read as pvr reads them; a device refuses those.
 */
function wantedLinks(run: JsonObject): BootLink[] {
  const link = (name: string, file: string): BootLink => ({ name, key: `bsp/${file}` });
  const fit = text(run["fit"]);
  if (fit !== undefined) return [link("pantavisor.fit", fit)];
  const rpiab = text(run["rpiab"]);
  if (rpiab !== undefined) return [link(rpiab.endsWith(".gz") ? "rpiboot.img.gz" : "rpiboot.img", rpiab)];
  const addons = Array.isArray(run["addons"]) ? (run["addons"] as readonly JsonValue[]) : [];
  const fdt = text(run["fdt"]);
  return [
    link("pv-kernel.img", text(run["linux"]) ?? text(run["kernel"]) ?? "kernel.img"),
    link("pv-initrd.img", text(run["initrd"]) ?? "pantavisor"),
    ...(fdt === undefined ? [] : [link("pv-fdt.dtb", fdt)]),
    ...addons.flatMap((addon, at) => (text(addon) === undefined ? [] : [link(`pv-initrd.img.${at}`, addon as string)])),
  ];
}

/**
 * The links of `.pv/`; none without a `bsp/run.json`.
 *
 * @throws `PvError` `STATE_REJECTED` when one is named that the state has no object for, unless `unchecked`.
 */
export function bootLinks(state: State, objects: ReadonlyMap<string, ObjectId>, unchecked: boolean): BootLink[] {
  const run = state["bsp/run.json"];
  if (typeof run !== "object" || run === null || Array.isArray(run)) return [];
  const wanted = wantedLinks(run as JsonObject);
  const absent = wanted.filter(({ key }) => !objects.has(key));
  if (absent.length > 0 && !unchecked) {
    const findings = absent.map(({ name, key }) => ({
      code: "BOOT_FILE_ABSENT",
      severity: "error" as const,
      stage: "start" as const,
      path: "bsp/run.json",
      message: `the state has no object ${key}, which the boot loader looks for as .pv/${name}`,
      effect: "the device does not boot",
      hint: `add ${key}, or name the file that is there in bsp/run.json`,
    }));
    throw new PvError("STATE_REJECTED", findings[0]!.message, { findings }, { hint: findings[0]!.hint });
  }
  return wanted.filter(({ key }) => objects.has(key));
}
