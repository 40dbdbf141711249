import { mkdir } from "node:fs/promises";
import type { Run } from "../command.ts";
import { UsageError } from "../failures.ts";
import { readSettings, settingNames, settingsText, writeSettings } from "../settings-file.ts";

/** Shows the settings that both tools share, after changing those that are given as `Key=Value`. */
export const run: Run = async (context, args) => {
  const changes = args.map((arg) => {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(arg) ?? [];
    if (key === undefined || value === undefined) throw new UsageError(`write Key=Value, and not ${arg}`);
    if (!settingNames.includes(key)) context.note(`no setting is called ${key}: ${settingNames.join(", ")} are`);
    return [key, value === "true" ? true : value === "false" ? false : value] as const;
  });
  const known = changes.filter(([key]) => settingNames.includes(key));
  const settings = { ...(await readSettings(context)), ...Object.fromEntries(known) };
  await mkdir(context.configDir, { recursive: true, mode: 0o700 });
  if (known.length > 0) await writeSettings(context, settings);
  context.print(context.json ? JSON.stringify(settings) : settingsText(settings));
};
