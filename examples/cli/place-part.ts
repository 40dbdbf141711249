import { composeState, type JsonObject, type JsonValue, type ObjectStore, type Revision, type State } from "@pv/sdk";
import { packageArchive } from "@pv/sdk/container";
import type { Repository } from "@pv/sdk/repo";
import { type Options, text } from "./command.ts";
import { readObject } from "./container-settings.ts";
import { type Context, ExitError } from "./context.ts";
import { place, surroundings } from "./place.ts";
import { openSource, splitReference } from "./source.ts";

/** A repository, an export, a remote; or an export at a URL, told by its name. */
async function open(context: Context, reference: string, store: ObjectStore): Promise<Revision> {
  const { what } = splitReference(reference);
  if (!/^https?:\/\/[^?]+\.(?:tgz|tar|tar\.gz|pvrexport)(?:\?.*)?$/.test(what))
    return (await openSource(context, reference, store)).revision;
  const { revision } = await packageArchive(new URL(what)).open({ store, ...context.job });
  return revision!;
}

function pickPart(state: State, wanted: readonly string[], name: string): string {
  const names = Object.keys(state).flatMap((key) => /^([^/]+)\/src\.json$/.exec(key)?.[1] ?? []);
  const part = wanted[0] ?? (names.includes(name) || names.length !== 1 ? name : names[0]!);
  if (wanted.length <= 1 && Object.keys(state).some((key) => key.startsWith(`${part}/`))) return part;
  throw new ExitError(`say which part with #part: ${names.join(", ") || "the source has no container"}`, 3);
}

/** Writes a part of another revision into the work tree, under a name of its own. */
export async function placePart(
  context: Context,
  repository: Repository,
  store: ObjectStore,
  name: string,
  options: {
    reference: string;
    volumes: Readonly<Record<string, JsonValue | undefined>>;
    replace: boolean;
    flags: Options;
  },
): Promise<void> {
  const { reference, volumes, replace, flags } = options;
  const revision = await open(context, reference, store);
  const part = pickPart(revision.state, splitReference(reference).fragment.take, name);
  if (!Object.hasOwn(revision.state, `${part}/src.json`))
    throw new ExitError(
      `${part} has no src.json, so it is no container to add: merge ${reference} takes it as it is`,
      3,
    );
  const config = text(flags, "configJson");
  const state: Record<string, JsonObject[string]> = {};
  for (const [key, value] of Object.entries(revision.state)) {
    if (!key.startsWith(`${part}/`)) continue;
    state[name + key.slice(part.length)] = value;
    const id = typeof value === "string" && /^[0-9a-f]{64}$/.test(value) ? value : undefined;
    if (id && !(await store.has(id))) await store.put(revision.objects.get(id), { expect: id, ...context.job });
  }
  const { persistence: _, ...source } = (state[`${name}/src.json`] ?? {}) as JsonObject;
  state[`${name}/src.json`] = {
    ...source,
    pvr: reference,
    ...(config ? { docker_config: { ...(source["docker_config"] as JsonObject), ...(await readObject(config)) } } : {}),
    ...(Object.keys(volumes).length > 0 ? { persistence: volumes as JsonObject } : {}),
  };
  const around = await surroundings(context, repository, store, { folders: replace ? [name] : [] });
  const others = Object.entries(around.state).filter(([key]) => !key.startsWith(`${name}/`));
  const next = { state: composeState({ ...Object.fromEntries(others), ...state } as State), objects: store };
  await place(context, repository, name, next, { before: around.state });
}
