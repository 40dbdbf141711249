/** Documents of the whole device; a device reads them before everything else. */
const deviceDocument = /^(?:device|groups|disks|disks_v3)\.json$/;

/**
 * The part that a key of a state belongs to: its folder, the part whose overlay (`_config/web/..`) or signature
 * (`_sigs/web.json`) it is, `device` for device.json, else the file itself.
 */
export function partName(path: string): string {
  const slash = path.indexOf("/");
  if (slash < 0) return deviceDocument.test(path) ? "device" : path;
  const first = path.slice(0, slash);
  const rest = path.slice(slash + 1);
  if (first === "_config") return rest.split("/", 1)[0] || first;
  if (first === "_sigs") return rest.replace(/\.json$/, "") || first;
  return first;
}

/**
 * True for a document, false for the id of an object: pvr and devices tell them apart by the path and the value alone
 * (`isInlineJson` of pvr, section 2; not the content, the size or the folder).
 *
 * @example
 * ```ts
 * import { isInlineJson } from "@pv/sdk/state";
 * const id = "a".repeat(64);
 * if (!isInlineJson("web/run.json", { name: "web" }) || isInlineJson("web/run.json", id) || isInlineJson("web/root.squashfs", id)) throw new Error("no");
 * ```
 */
export function isInlineJson(path: string, value: unknown): boolean {
  return path.endsWith(".json") && !(typeof value === "string" && /^[0-9a-fA-F]{64}$/.test(value));
}
