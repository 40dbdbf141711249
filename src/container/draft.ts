import type { JsonObject, JsonValue, ObjectId } from "../core/index.ts";
import { utf8 } from "../core/internal.ts";
import type { ObjectStore } from "../objects/index.ts";
import { container, isInlineJson, parseJson, type RunDocument, type StatePart } from "../state/index.ts";
import { containerInvalid } from "./container-invalid.ts";
import { isObject } from "./template/go-text.ts";
import { type RenderedContainer, renderContainer } from "./template/render-container.ts";
import { compactSource, TEMPLATE } from "./template/source-document.ts";
import type { Compat } from "./template/template-input.ts";

/** The configuration's name, in the folder and in run.json. */
const CONFIG = "lxc.container.conf";

/** A container on its way into a state. */
export interface Draft {
  name: string;
  /** src.json. */
  source: JsonObject;
  /** Files of the folder that are objects. */
  objects: Record<string, ObjectId>;
  /** Documents of the folder besides run.json and src.json. */
  documents: Record<string, JsonValue>;
  /** `_config/<name>/`, whole keys. */
  overlay: StatePart;
  /** Members of run.json that the template does not make. */
  members: JsonObject;
  /** What it was made from, where it was there before. */
  before?: Before;
}

/** A container as a revision holds it. */
export interface Before {
  name: string;
  run: JsonObject;
  source: JsonObject;
}

/** True for a src.json that our template renders. */
export function isRendered(source: JsonObject): boolean {
  return source["template"] === TEMPLATE;
}

/** The parts of a container's keys: everything but its signature. */
export function draftOf(part: StatePart, name: string): Draft {
  const draft: Draft = { name, source: {}, objects: {}, documents: {}, overlay: {}, members: {} };
  let run: JsonValue | undefined;
  const overlay: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(part)) {
    if (value === undefined) continue;
    if (key.startsWith(`_config/${name}/`)) overlay[key] = value;
    if (!key.startsWith(`${name}/`)) continue;
    const file = key.slice(name.length + 1);
    if (file === "run.json") run = value;
    else if (file === "src.json") draft.source = isObject(value) ? value : {};
    else if (typeof value === "string" && !isInlineJson(key, value)) draft.objects[file] = value;
    else draft.documents[file] = value;
  }
  if (!isObject(run)) throw containerInvalid(name, "from", "the part has no run.json: it is no container");
  return { ...draft, overlay, before: { name, run, source: draft.source } };
}

function sameValue(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return sorted(a) === sorted(b);
}

function sorted(value: JsonValue | undefined): string {
  return JSON.stringify(value, (_, member: JsonValue) =>
    isObject(member) ? Object.fromEntries(Object.entries(member).sort(([x], [y]) => (x < y ? -1 : 1))) : member,
  );
}

function renderedBefore({ before }: Draft, groups: readonly string[], compat: Compat): RenderedContainer | undefined {
  if (!before || !isRendered(before.source)) return undefined;
  try {
    return renderContainer(before.name, before.source, { groups, compat });
  } catch {
    return undefined; // made by hand, or by rules of its own: all of it gives way
  }
}

/**
 * run.json after an update: what the settings changed is new; what somebody wrote in by hand, and the template has not
 * changed since, stays.
 */
function mergeRun(draft: Draft, next: JsonObject, rendered: JsonObject): JsonObject {
  const kept = Object.entries(draft.before?.run ?? {}).filter(([key, value]) => {
    const byHand = !sameValue(value, rendered[key]);
    return byHand && (sameValue(next[key], rendered[key]) || !(key in next));
  });
  return { ...next, ...Object.fromEntries(kept), name: draft.name };
}

/** Where new objects go, and what is known around the container. */
export interface Finish {
  store: ObjectStore;
  groups: readonly string[];
  compat: Compat;
}

/**
 * Renders a draft and puts its files together.
 *
 * @throws `PvError` `CONTAINER_INVALID` when a setting cannot be rendered.
 */
export async function finishDraft(draft: Draft, { store, groups, compat }: Finish): Promise<StatePart> {
  const { name, source, before } = draft;
  const files = renderContainer(name, source, { groups, compat });
  const old = renderedBefore(draft, groups, compat);
  const next = { ...readRun(name, files["run.json"]), ...draft.members };
  const run = before ? mergeRun(draft, next, old ? readRun(name, old["run.json"]) : {}) : next;
  const objects = { ...draft.objects };
  const text = files[CONFIG];
  // A configuration that no setting has changed keeps its bytes, whoever wrote them.
  const untouched = text !== undefined && objects[CONFIG] !== undefined && old?.[CONFIG] === text;
  if (text === undefined) delete objects[CONFIG];
  else if (!untouched) objects[CONFIG] = await store.put(utf8(text));
  const documents = { ...draft.documents, "src.json": compactSource(source) };
  // What is new and ours is held to what a device takes; what was there before may have its reasons.
  if (!before && !compat) return { ...container(run as RunDocument, objects, documents), ...draft.overlay };
  const folder = { ...objects, ...documents, "run.json": run };
  return {
    ...Object.fromEntries(Object.entries(folder).map(([file, value]) => [`${name}/${file}`, value])),
    ...draft.overlay,
  };
}

function readRun(name: string, text: string): JsonObject {
  try {
    return parseJson(text) as JsonObject;
  } catch {
    throw containerInvalid(
      name,
      "args",
      "an argument makes run.json no JSON, as pvr would write it",
      "leave out compat",
    );
  }
}
