import type { JsonObject, JsonValue, ObjectId } from "../../core/index.ts";
import type { BspDocument, StatePart } from "../types.ts";
import { asObject, entriesOf, folderBuilder } from "./files.ts";
import { problems } from "./problems.ts";
import { type Check, checkMembers, list, mapOf, text } from "./shape.ts";
import { checkLookups } from "./words.ts";

const members: Readonly<Record<string, Check>> = {
  fit: text,
  rpiab: text,
  linux: text,
  initrd: text,
  fdt: text,
  addons: list(text),
  modules: text,
  firmware: text,
};

/** Kernel modules by alias; a device reads `all` and the key of a FIT configuration. */
const driverSets: Check = mapOf(mapOf(list(text)));

/**
 * The board, as a part of a state: `bsp/run.json` and its files from known object ids, and `drivers.json` among
 * `documents`. Either linux with initrd, or fit, or rpiab. Paths are relative to `bsp/`.
 *
 * @throws `PvError` `STATE_INVALID` with all findings when there is not exactly one way to boot, when a value is
 * of the wrong kind, when a file is called as one of the keys (a device would take it for the key), when an id is none.
 * @example
 * ```ts
 * import { bsp, isPvError } from "@pv/sdk";
 * const [kernel, initrd] = ["a".repeat(64), "b".repeat(64)] as const;
 * const part = bsp({ linux: "kernel.img", initrd: "pantavisor" }, { "kernel.img": kernel, pantavisor: initrd });
 * if (Object.keys(part).join() !== "bsp/run.json,bsp/kernel.img,bsp/pantavisor") throw new Error("lost");
 * try {
 *   bsp({ linux: "linux", initrd: "pantavisor" }, { linux: kernel, pantavisor: initrd });
 *   throw new Error("not refused");
 * } catch (error) {
 *   if (!isPvError(error, "STATE_INVALID") || error.data.findings[0]?.code !== "KEY_SHADOWED") throw error;
 * }
 * ```
 */
export function bsp(
  run: BspDocument,
  objects: Readonly<Record<string, ObjectId>>,
  documents: Readonly<Record<string, JsonValue>> = {},
): StatePart {
  const found = problems();
  const folder = folderBuilder("bsp", found);
  const document = asObject(folder.document("run.json", run as JsonObject));
  checkMembers(document, members, [], "bsp/run.json", found);
  checkLookups(document, [...Object.keys(members), "initrd_config"], "bsp/run.json", found);
  const ways = ["linux", "fit", "rpiab"].filter((key) => Object.hasOwn(document, key));
  if (ways.length !== 1 || (ways[0] === "linux" && !Object.hasOwn(document, "initrd"))) {
    const message = "there is not exactly one way to boot";
    found.add("BSP_INVALID", "bsp/run.json", message, "give linux and initrd, or fit, or rpiab");
  }
  for (const [name, value] of entriesOf(documents)) {
    const document = folder.document(name, value);
    if (name !== "drivers.json") continue;
    driverSets(document, "bsp/drivers.json", found);
    checkLookups(asObject(document), ["all"], "bsp/drivers.json", found);
  }
  for (const [name, id] of entriesOf(objects)) folder.object(name, id);
  found.end();
  return folder.end();
}
