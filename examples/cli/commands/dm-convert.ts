import { canonicalJson, type JsonObject, parseJson, readBytes } from "@pv/sdk";
import type { Run } from "../command.ts";
import { ExitError, UsageError } from "../failures.ts";
import { formatSource, isThere, readSource } from "../place.ts";
import { protect } from "../verity.ts";

/** run.json with `dm:` before the volume: at the first place that names it alone, else in the list of volumes. */
function marked(run: JsonObject, volume: string): JsonObject {
  const member = ["modules", "firmware", "root-volume"].find((name) => run[name] === volume);
  if (member !== undefined) return { ...run, [member]: `dm:${volume}` };
  const { volumes } = run;
  if (!Array.isArray(volumes)) return run;
  return { ...run, volumes: volumes.map((item) => (item === volume ? `dm:${volume}` : item)) };
}

export const run: Run = async (context, args) => {
  const [first = "", second] = args;
  if (args.length === 0) throw new ExitError("name a container and a volume: web root.squashfs", 2);
  const [app, ...rest] = first.split("/");
  const volume = second ?? rest.join("/");
  if (!app || !volume || (second !== undefined && rest.some((name) => name !== "")))
    throw new UsageError("name a container and a volume: web root.squashfs");
  const repository = await context.repository();
  const { folder } = repository;
  const document = async (path: string): Promise<JsonObject> =>
    (await folder.sizeOf?.(path)) === undefined ? {} : (parseJson(await readBytes(folder.read(path))) as JsonObject);
  const settings = await document(`${app}/run.json`);
  await protect(context, repository, app, volume, await document(`${app}/_dm/${volume}.json`));
  if (Object.keys(settings).length > 0) await folder.write(`${app}/run.json`, canonicalJson(marked(settings, volume)));
  if (!(await isThere(folder, app))) return;
  const source = await readSource(folder, app);
  const enabled = { ...(source["dm_enabled"] as JsonObject | undefined), [volume]: true };
  await folder.write(`${app}/src.json`, formatSource(app, { ...source, dm_enabled: enabled }));
};
