import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type JsonObject, parseJson } from "@pv/sdk";
import { saveFile } from "@pv/sdk/node";
import { goJson } from "@pv/sdk/repo";
import type { Context } from "./context.ts";
import { ExitError } from "./failures.ts";

const defaults: JsonObject = { Spec: "1", AutoUpgrade: true, DistributionTag: "develop" };

/** `config.json` of pvr's folder; an absent one holds what pvr starts with. */
export async function readSettings(context: Context): Promise<JsonObject> {
  const path = join(context.configDir, "config.json");
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return defaults;
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ExitError(`${path} holds no settings`, 4);
  return { ...defaults, ...(value as JsonObject) };
}

/** Its text, members in pvr's order. */
export function settingsText(settings: JsonObject): string {
  return goJson(JSON.stringify({ ...defaults, ...settings }), { indent: "    " });
}

/** Names that a setting may have; pvr forgets others. */
export const settingNames: readonly string[] = Object.keys(defaults);

/** Writes it, whole. */
export async function writeSettings(context: Context, settings: JsonObject): Promise<void> {
  const text = settingsText(settings);
  await saveFile(new TextEncoder().encode(text), join(context.configDir, "config.json"));
}
