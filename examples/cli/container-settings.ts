import { type JsonObject, type JsonValue, parseJson, readBytes } from "@pv/sdk";
import type { ContainerSpec, ImageConfig, VolumeSetting } from "@pv/sdk/container";
import { fileSource } from "@pv/sdk/node";
import { list, type Options, text } from "./command.ts";
import { type Context, ExitError } from "./context.ts";

/** Values of a flag that may be repeated; its variable is a list with commas, which the flag is not. */
function repeated(options: Options, name: string, variable: string): readonly string[] {
  const given = list(options, name);
  return given.length > 0 ? given : (process.env[variable]?.split(",").filter((item) => item !== "") ?? []);
}

function pairs(items: readonly string[]): [string, string][] {
  return items.map((item) => {
    const at = item.indexOf("=");
    return at < 0 ? [item, ""] : [item.slice(0, at), item.slice(at + 1)];
  });
}

/** A document of a file; an object. */
export async function readObject(path: string): Promise<JsonObject> {
  const value = parseJson(await readBytes(fileSource(path)));
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new ExitError(`${path} holds no JSON object`, 3);
}

/** Lists may be given as JSON: `Cmd=["a","b"]`. */
function configValue(value: string): JsonValue {
  return value.startsWith("[") || value.startsWith("{") ? parseJson(value) : value;
}

/** Volumes by path. In 2023 only the first two parts count. */
export function volumesOf(context: Context, options: Options): Record<string, VolumeSetting> {
  const volumes: Record<string, string> = {};
  for (const volume of repeated(options, "volume", "PVR_PERSISTENCE_VOLUME")) {
    const overlaid = volume.startsWith("ovl:") && context.compat === undefined;
    const [path, persistence] = (overlaid ? volume.slice(4) : volume).split(":");
    if (!path || persistence === undefined)
      throw new ExitError(`invalid volume format "${volume}": write /path:permanent`, 3);
    if (overlaid) context.note(`${path}: a volume of its own; what the image has there is not seen through it`);
    volumes[path] = persistence;
  }
  return volumes as Record<string, VolumeSetting>;
}

/** What the flags of `app add` set; group and the others are arguments like any, and win over `--arg`. */
export async function settingsOf(context: Context, options: Options): Promise<Partial<ContainerSpec>> {
  if (text(options, "group") && text(options, "runlevel"))
    throw new ExitError("--group and --runlevel say the same: give one of them", 5);
  const file = text(options, "argJson");
  const args: Record<string, JsonValue | undefined> = {
    ...(file === undefined ? {} : await readObject(file)),
    ...Object.fromEntries(pairs(repeated(options, "arg", "PVR_TEMPLATE_ARG"))),
  };
  for (const [flag, key] of [
    ["group", "PV_GROUP"],
    ["runlevel", "PV_RUNLEVEL"],
    ["restartPolicy", "PV_RESTART_POLICY"],
    ["statusGoal", "PV_STATUS_GOAL"],
  ] as const) {
    const value = text(options, flag);
    if (value) args[key] = value;
  }
  const config = pairs(list(options, "config")).map(([key, value]) => [key, configValue(value)]);
  const base = text(options, "base")?.replace(/^\/+|\/+$/g, "");
  return {
    args: args as JsonObject,
    volumes: volumesOf(context, options),
    ...(config.length > 0 ? { config: Object.fromEntries(config) as ImageConfig } : {}),
    ...(base ? { base } : {}),
    compat: context.compat,
  };
}
