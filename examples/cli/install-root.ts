import { isPvError, type JsonObject, readBytes, type State } from "@pv/sdk";
import type { ContainerSource } from "@pv/sdk/container";
import type { Folder } from "@pv/sdk/repo";
import type { Options } from "./command.ts";
import { containerSource, remembered, sourceType } from "./container-source.ts";
import type { Context } from "./context.ts";
import type { FormatOptions } from "./format-options.ts";

/** A container's root image against its src.json. */
export interface RootState {
  file: "root.squashfs" | "root.ovl.squashfs";
  /** What src.json says that it was made from. */
  digest: string | undefined;
  isCurrent: boolean;
}

/** Whether the root image of the work tree is the one that src.json names. */
export async function rootState(folder: Folder, name: string, stored: JsonObject): Promise<RootState> {
  const overlay = stored["docker_ovl_digest"];
  const file = overlay ? "root.ovl.squashfs" : "root.squashfs";
  const rooted = sourceType({}, stored) === "rootfs";
  const digest = (overlay ?? stored[rooted ? "rootfs_digest" : "docker_digest"]) as string | undefined;
  const note = folder.read(`${name}/${file}.${rooted ? "rootfs" : "docker"}-digest`);
  const noted = await readBytes(note, { maxBytes: 4096 }).catch((error: unknown) => {
    if (isPvError(error, "FILE_FAILED")) return new Uint8Array(0);
    throw error;
  });
  const there = (await folder.sizeOf?.(`${name}/${file}`)) !== undefined;
  return { file, digest, isCurrent: there && new TextDecoder().decode(noted) === digest };
}

/** The source that src.json names, by its digest; what src.json says of it stays. */
export async function sourceAgain(
  context: Context,
  options: Options,
  committed: State,
  stored: JsonObject,
  { digest }: RootState,
): Promise<{ from: ContainerSource; squashfs: FormatOptions["squashfs"] }> {
  if (sourceType(options, stored) === "rootfs") return containerSource(context, options, committed, stored);
  const { from, squashfs } = await containerSource(context, { ...options, from: digest }, committed, stored);
  const names = "docker_name docker_tag docker_source docker_platform docker_config".split(" ");
  const kept = Object.fromEntries(names.flatMap((key) => (key in stored ? [[key, stored[key]!]] : [])));
  return { from: remembered(from, { docker_platform: undefined, ...kept, docker_digest: digest }), squashfs };
}
