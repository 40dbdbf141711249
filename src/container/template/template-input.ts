import type { JsonObject, JsonValue } from "../../core/index.ts";
import { containerInvalid } from "../container-invalid.ts";
import { checkContainerName } from "../container-name.ts";
import { isList, isObject, sortedMembers } from "./go-text.ts";
import { compactSource, isEmpty, type SourceDocument, TEMPLATE } from "./source-document.ts";

/** pvr's exact bytes, or correct ones. */
export type Compat = "pvr-2023" | undefined;

/** Everything the template reads. */
export interface TemplateInput {
  name: string;
  source: SourceDocument;
  /** Arguments; empty where the document has none. */
  args: JsonObject;
  /** The image's config with the members of `config` over it. */
  image: JsonObject;
  /** `PV_GROUP`, else the last known group. */
  group: string | undefined;
  compat: Compat;
}

/** A volume by its path. */
export interface TemplateVolume {
  path: string;
  /** Name of its storage: `docker-` and the path, each slash a dash. */
  storage: string;
  value: string;
}

/** The storage of container volumes is named after their path. */
export function volumeName(path: string): string {
  return `docker-${path}`.replace(/\/$/, "").replaceAll("/", "-");
}

/** What pvr calls true: neither absent, null, false, empty text, empty list nor empty object. */
export function isTrue(value: JsonValue | undefined): value is JsonValue {
  return !isEmpty(value);
}

/**
 * Puts together what the template reads.
 *
 * @throws `PvError` `CONTAINER_INVALID` when the name, the template or the group cannot be.
 */
export function templateInput(
  name: string,
  document: JsonObject,
  groups: readonly string[] = [],
  compat?: Compat,
): TemplateInput {
  checkContainerName(name);
  const source = compactSource(document);
  if (source.template !== TEMPLATE) {
    throw containerInvalid(name, "template", `there is no template ${JSON.stringify(source.template ?? "")}`, TEMPLATE);
  }
  if (source.base !== undefined) checkContainerName(source.base);
  const args = source.args ?? {};
  for (const key of ["PV_GROUP", "PV_RUNLEVEL"]) {
    const value = args[key];
    if (value !== undefined && value !== null && typeof value !== "string")
      throw containerInvalid(name, `args.${key}`, `${key} must be text`);
  }
  const overrides = Object.entries(source.config ?? {}).filter(([, value]) => value !== null && value !== undefined);
  const group = args["PV_GROUP"] ?? (args["PV_RUNLEVEL"] == null ? groups.at(-1) : undefined);
  return {
    name,
    source,
    args,
    image: { ...source.docker_config, ...Object.fromEntries(overrides) },
    group: typeof group === "string" && group !== "" ? group : undefined,
    compat,
  };
}

function withoutSlash(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}

/** Volumes of the image (permanent) and of the document over them, by the bytes of their paths; no `lxc-overlay`. */
export function volumesOf({ name, source, image }: TemplateInput): TemplateVolume[] {
  const volumes: Record<string, string> = Object.create(null);
  const ofImage = image["Volumes"];
  if (ofImage !== undefined && ofImage !== null) {
    if (!isObject(ofImage)) throw containerInvalid(name, "config.Volumes", "Volumes must be an object");
    for (const path of Object.keys(ofImage)) volumes[withoutSlash(path)] = "permanent";
  }
  for (const [path, value] of Object.entries(source.persistence ?? {})) {
    if (typeof value !== "string") throw containerInvalid(name, `volumes.${path}`, "a volume's value must be text");
    volumes[withoutSlash(path)] = value;
  }
  return sortedMembers(volumes)
    .filter(([path]) => path !== "lxc-overlay")
    .map(([path, value]) => ({ path, storage: volumeName(path), value: value as string }));
}

/** `permanent@disk` as persistence and disk. */
export function splitVolume(value: string): { persistence: string; disk: string | undefined } {
  const parts = value.split("@");
  return { persistence: parts[0]!, disk: parts.length > 1 ? parts.at(-1) : undefined };
}

/** Of a comma list of `a:b`, the first and the last part of each item. */
export function pairsOf(list: string): [string, string][] {
  return list.split(",").map((item) => {
    const parts = item.split(":");
    return [parts[0]!, parts.at(-1)!];
  });
}

/** An item of `PV_VOLUME_IMPORTS`: `container:[subfolder@]volume:target[:option]`. */
export interface VolumeImport {
  container: string;
  /** Source below `/volumes/<container>/`. */
  from: string;
  target: string | undefined;
  option: string | undefined;
}

/** Takes such an item apart; whatever follows the third colon is the option. */
export function volumeImport(item: string): VolumeImport {
  const [container, volume = "", target, ...options] = item.split(":");
  const at = volume.indexOf("@");
  const origin = at < 0 ? volume : volume.slice(at + 1);
  const folder = at < 0 || origin === "" ? undefined : volume.slice(0, at);
  const from =
    folder === undefined ? volumeName(at < 0 ? volume : volume.slice(0, at)) : `${volumeName(origin)}/${folder}`;
  return { container: container!, from, target, option: options.length > 0 ? options.join(":") : undefined };
}

/** Items of a list, or the values of an object in the order of its keys, as the template walks either. */
export function itemsOf(value: JsonValue): readonly [JsonObject | readonly JsonValue[], string | number][] | undefined {
  if (isList(value)) return value.map((_, index) => [value, index]);
  if (isObject(value)) return sortedMembers(value).map(([key]) => [value, key]);
  return undefined;
}
