import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { type JsonObject, type JsonValue, mapTree, readTar, type State, type Tree } from "@pv/sdk";
import { type ContainerSource, dockerArchive, type ImageConfig, registryImage, rootfs } from "@pv/sdk/container";
import { dockerAuth, fileSource, readDirectory } from "@pv/sdk/node";
import { type Options, text } from "./command.ts";
import { readObject } from "./container-settings.ts";
import { type Context, ExitError } from "./context.ts";
import { type FormatOptions, parseFormatOptions } from "./format-options.ts";

/** Which kind of source: what the flag says, else what src.json remembers. */
export function sourceType(options: Options, stored: JsonObject = {}): "docker" | "rootfs" | "pvr" {
  const known = stored["rootfs_url"] ? "rootfs" : stored["pvr"] ? "pvr" : "docker";
  const type = text(options, "type") ?? known;
  if (type === "docker" || type === "rootfs" || type === "pvr") return type;
  throw new ExitError(`--type is docker, rootfs or pvr, not ${type}`, 3);
}

/** The source with other members of src.json, and the tree as the options of mksquashfs want it. */
export function remembered(
  source: ContainerSource,
  members: Readonly<Record<string, JsonValue | undefined>>,
  format?: FormatOptions,
): ContainerSource {
  return {
    kind: source.kind,
    async open(options) {
      const opened = await source.open(options);
      const { tree } = opened;
      const origin = Object.entries({ ...opened.origin, ...members }).filter(([, value]) => value !== undefined);
      return {
        ...opened,
        origin: Object.fromEntries(origin) as JsonObject,
        ...(tree && format ? { tree: shaped(tree, format) } : {}),
      };
    },
  };
}

function shaped(tree: Tree, { exclude, allRoot }: FormatOptions): Tree {
  if (exclude.length === 0 && !allRoot) return tree;
  return mapTree(tree, (entry) => {
    if (exclude.some((path) => entry.path === path || entry.path.startsWith(`${path}/`))) return undefined;
    return allRoot ? { ...entry, uid: 0, gid: 0 } : entry;
  });
}

/** Platforms of the device that the committed state is for. */
function platformsOf(committed: State): readonly string[] | undefined {
  const platforms = (committed["_hostconfig/pvr/docker.json"] as JsonObject | undefined)?.["platforms"];
  const names = (Array.isArray(platforms) ? platforms : []).filter((name) => typeof name === "string");
  return names.length > 0 ? names : undefined;
}

/** What no image is called, but a file: `./x`, `/x`, `~/x`, `x.tar`, `dir/x.tar.gz`. Images are seldom called `x.tar`. */
function looksLikeFile(from: string): boolean {
  return /^(?:\.{0,2}|~)\//.test(from) || /\.(?:tar|tgz|t[gx]z|oci|squashfs|tar\.[a-z0-9]+)$/i.test(from);
}

async function whatIsThere(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return `${path}: there is no such file`;
  if (found.isDirectory()) return `${path} is a folder: say --type rootfs`;
  return `${path} is a file: leave out --source, or name local in it`;
}

async function image(from: string, options: Options, stored: JsonObject, committed: State): Promise<ContainerSource> {
  const places = text(options, "source") ?? (stored["docker_source"] as string | undefined) ?? "remote,local";
  const wrong = places.split(",").find((place) => place !== "remote" && place !== "local");
  if (wrong !== undefined) throw new ExitError(`--source is remote, local or both, not "${wrong}"`, 3);
  const platform = text(options, "platform") ?? (stored["docker_platform"] as string | undefined);
  const members = { docker_source: places };
  if (places.includes("local") && (await stat(from).catch(() => undefined))?.isFile())
    return remembered(dockerArchive(fileSource(from), { platform }), members);
  if (looksLikeFile(from)) throw new ExitError(await whatIsThere(from), 3);
  if (!places.includes("remote"))
    throw new ExitError("no docker engine is asked: docker save the image, and give that file as --from", 3);
  if (/^https?:\/\//.test(from))
    throw new ExitError(`"${from}" is no image: leave out the scheme, or say --type rootfs (a tar) or --type pvr`, 3);
  const [username, password] = [text(options, "username"), text(options, "password")];
  const auth = username && password ? { username, password } : dockerAuth();
  const reference = from.replace(/^docker:\/\//, "");
  return remembered(registryImage(reference, { platform: platform ?? platformsOf(committed), auth }), members);
}

/** A folder, a tar (compression found by content), or the URL of a tar. */
async function rootTree(context: Context, from: string): Promise<Tree> {
  if (/^https?:\/\//.test(from)) return readTar(await fetch(from, { signal: context.job.signal ?? null }));
  const path = from.replace(/^~(?=\/|$)/, homedir());
  return (await stat(path).catch(() => undefined))?.isDirectory() ? readDirectory(path) : readTar(fileSource(path));
}

/** Where the flags, or src.json, say that a container comes from; and how it is packed. */
export async function containerSource(
  context: Context,
  options: Options,
  committed: State,
  stored: JsonObject = {},
): Promise<{ from: ContainerSource; squashfs: FormatOptions["squashfs"] }> {
  const rooted = sourceType(options, stored) === "rootfs";
  const words = text(options, "formatOptions") ?? (stored["format_options"] as string | undefined);
  // In 2023 a root file system was packed as it is, whatever was said.
  const format = parseFormatOptions(rooted && context.compat ? "" : (words ?? ""));
  for (const word of format.ignored) context.note(`--format-options: ${word} has no meaning here`);
  const { squashfs } = format;
  const configFile = text(options, "configJson");
  const known = rooted
    ? stored["rootfs_url"]
    : stored["docker_name"] && `${stored["docker_name"]}:${stored["docker_tag"]}`;
  const from = text(options, "from") ?? (known as string | undefined);
  if (!from) throw new ExitError("say where it comes from: --from", 4);
  if (rooted) {
    const config = configFile === undefined ? undefined : ((await readObject(configFile)) as ImageConfig);
    const url = context.compat && stored["rootfs_url"] ? stored["rootfs_url"] : from;
    return { from: remembered(rootfs(await rootTree(context, from), config), { rootfs_url: url }, format), squashfs };
  }
  if (configFile !== undefined) context.note("--config-json has no effect on an image: use --config");
  const source = await image(from, options, stored, committed);
  return { from: remembered(source, words ? { format_options: words } : {}, format), squashfs };
}
