import type { JsonObject } from "../../src/core/index.ts";
import { utf8 } from "../../src/core/internal.ts";
import { memoryStore, type ObjectStore } from "../../src/objects/index.ts";
import type { Revision } from "../../src/revision/index.ts";
import { parseState, type State } from "../../src/state/index.ts";

/** A revision that a device takes: bsp, two containers, an overlay. Text values of `files` become objects. */
export async function sampleRevision(more: JsonObject = {}): Promise<Revision & { objects: ObjectStore }> {
  const objects = memoryStore();
  const put = (text: string): Promise<string> => objects.put(utf8(text));
  const run = (name: string, group: string): JsonObject => ({
    "#spec": "service-manifest-run@1",
    config: "lxc.container.conf",
    group,
    name,
    "root-volume": "root.squashfs",
    storage: { "lxc-overlay": { persistence: "boot" } },
    type: "lxc",
    volumes: [],
  });
  const groups = ["data", "root", "platform", "app"].map((name) => ({
    name,
    status_goal: name === "data" ? "MOUNTED" : "STARTED",
  }));
  const state: State = parseState({
    "#spec": "pantavisor-service-system@1",
    "device.json": { groups },
    "bsp/run.json": { addons: ["extra.cpio"], fdt: "board.dtb", initrd: "pantavisor", linux: "kernel.img" },
    "bsp/kernel.img": await put("kernel"),
    "bsp/pantavisor": await put("initramfs"),
    "bsp/board.dtb": await put("tree"),
    "bsp/extra.cpio": await put("addon"),
    "web/run.json": run("web", "app"),
    "web/src.json": { ratio: 1.5 },
    "web/root.squashfs": await put("root of web"),
    "web/lxc.container.conf": await put("lxc.init.cmd = /web\n"),
    "db/run.json": run("db", "platform"),
    "db/root.squashfs": await put("root of db"),
    "db/lxc.container.conf": await put("lxc.init.cmd = /db\n"),
    "_config/web/etc/motd": await put("root of db"), // the same content twice
    "_config/web/etc/empty": await put(""),
    ...more,
  });
  return { state, objects };
}
