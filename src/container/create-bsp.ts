import type { ByteSource, Job, JsonObject, Source } from "../core/index.ts";
import { toByteSource } from "../core/internal.ts";
import type { ObjectStore } from "../objects/index.ts";
import { type BspDocument, bsp, type StatePart } from "../state/index.ts";
import type { Tree } from "../tree/index.ts";
import { containerInvalid } from "./container-invalid.ts";
import { packTree } from "./root-volume.ts";
import type { BspSpec } from "./types.ts";

/** Names that the device, pvr and pvtx all look for (image.md 1.4), whatever the input was called. */
const fileNames = { linux: "kernel.img", initrd: "pantavisor", fdt: "board.dtb", fit: "pantavisor.fit" } as const;

async function begins(source: ByteSource, ...magic: readonly number[]): Promise<boolean> {
  const head = await source.read(0, magic.length);
  await source.close?.();
  return magic.every((byte, at) => head[at] === byte);
}

function checkWays(spec: BspSpec): void {
  const ways = (["linux", "fit", "rpiab"] as const).filter((key) => spec[key] !== undefined);
  if (ways.length > 1) throw containerInvalid("bsp", ways[1]!, `${ways.join(" and ")} exclude each other`);
  if (spec.fit === undefined && spec.rpiab === undefined && (!spec.linux || !spec.initrd))
    throw containerInvalid("bsp", spec.linux ? "initrd" : "linux", "a board boots linux and initrd, or fit, or rpiab");
  if (ways[0] !== "linux" && (spec.initrd || spec.fdt))
    throw containerInvalid("bsp", spec.initrd ? "initrd" : "fdt", `${ways[0]} brings its own; leave it out`);
}

/** A squashfs as it is, a tree packed; undefined where the tree is empty. */
async function image(
  option: "modules" | "firmware",
  content: Source | Tree,
  store: ObjectStore,
  job: Job,
): Promise<string | undefined> {
  if (Symbol.asyncIterator in content) {
    const packed = await packTree(content as Tree, store, `bsp/${option}.squashfs`, job);
    return packed.entries > 0 ? packed.id : undefined;
  }
  const source = toByteSource(content as Source);
  if (!(await begins(source, 0x68, 0x73, 0x71, 0x73)))
    throw containerInvalid("bsp", option, `${option} is no squashfs image`, "give a Tree to have it packed");
  return store.put(source, { signal: job.signal });
}

/**
 * The board as a part of a state, its files in the store.
 *
 * @throws `PvError` `CONTAINER_INVALID` (of `bsp`) when there is not exactly one way to boot, or an image is none.
 */
export async function createBsp(spec: BspSpec, store: ObjectStore, job: Job): Promise<StatePart> {
  checkWays(spec);
  const objects: Record<string, string> = {};
  const run: Record<string, string | readonly string[]> = {};
  const add = async (key: keyof BspSpec & keyof BspDocument, file: string, content: Source): Promise<void> => {
    job.signal?.throwIfAborted();
    objects[file] = await store.put(content, { signal: job.signal });
    run[key] = file;
  };
  for (const [key, file] of Object.entries(fileNames) as [keyof typeof fileNames, string][])
    if (spec[key]) await add(key, file, spec[key]);
  if (spec.rpiab) {
    const source = toByteSource(spec.rpiab);
    // The link's name, and with it how the firmware reads the image, follows the ending.
    const packed = await begins(source, 0x1f, 0x8b);
    await add("rpiab", packed ? "pantavisor-rpi.img.gz" : "pantavisor-rpi.img", source);
  }
  for (const option of ["modules", "firmware"] as const) {
    const content = spec[option];
    const id = content && (await image(option, content, store, job));
    if (id === undefined) continue;
    objects[`${option}.squashfs`] = id;
    run[option] = `${option}.squashfs`;
  }
  const document = { addons: [], ...run } as BspDocument;
  if (!spec.drivers) return bsp(document, objects);
  const { "#spec": format = "driver-aliases@1", ...aliases } = spec.drivers as JsonObject;
  const part = bsp(document, objects, { "drivers.json": aliases });
  return { ...part, "bsp/drivers.json": { "#spec": format, ...aliases } };
}
