import { canonicalJson, type JsonObject, parseJson, readBytes } from "@pv/sdk";
import type { Repository } from "@pv/sdk/repo";
import { createVerity } from "@pv/sdk/squashfs";
import type { Context } from "./context.ts";

/** What `_dm/<volume>.json` says, as far as it is text. */
function known(document: JsonObject, member: string): string | undefined {
  const value = document[member];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Writes the hash tree of a volume and its description, and tracks both; salt and UUID stay where there are some. */
export async function protect(
  context: Context,
  repository: Repository,
  app: string,
  volume: string,
  document: JsonObject,
): Promise<void> {
  const { folder } = repository;
  const [data, hash] = [known(document, "data_device") ?? volume, known(document, "hash_device") ?? `${volume}.hash`];
  const verity = await createVerity(folder.read(`${app}/${data}`), {
    salt: known(document, "salt"),
    uuid: known(document, "uuid"),
    ...context.job,
  });
  const files = [`${app}/_dm/${volume}.json`, `${app}/${hash}`];
  await folder.write(files[1]!, verity.hashTree);
  await folder.setMode?.(files[1]!, 0o600);
  const next = { ...document, ...verity.document, data_device: data, hash_device: hash };
  await folder.write(files[0]!, canonicalJson(next));
  await repository.track(files);
}

/** Does so for every description of the work tree that is tracked, or those of a container. */
export async function protectAgain(context: Context, repository: Repository, prefix: string): Promise<void> {
  const { folder } = repository;
  const clean = prefix.replace(/\/+$/, "");
  for (const path of Object.keys(await repository.workingState())) {
    const [, app, volume] = /^([^/]+)\/_dm\/(.+)\.json$/.exec(path) ?? [];
    if (app === undefined || volume === undefined) continue;
    if (clean !== "" && path !== clean && !path.startsWith(`${clean}/`)) continue;
    const document = parseJson(await readBytes(folder.read(path))) as JsonObject;
    await protect(context, repository, app, volume, document);
    context.note(`${app}/${volume} is protected`);
  }
}
