import { type JsonObject, PvError } from "../core/index.ts";
import { trimEnd } from "../core/internal.ts";
import type { Revision } from "../revision/index.ts";
import { checkState, formatState, parseState, type State } from "../state/index.ts";
import { asObject, plainUrl, type Requester, requestJson } from "./json-request.ts";
import { objectPaths } from "./object-record.ts";
import { readProgress } from "./progress.ts";
import { remoteObjects } from "./remote-objects.ts";
import type { PostOptions, RemoteInfo, Step } from "./types.ts";
import { uploadObjects } from "./upload-objects.ts";

function text(document: JsonObject, name: string): string | undefined {
  const value = document[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/**
 * Asks a repository's `.pvrremote` where its state, objects and steps are.
 *
 * @throws `PvError` `HUB_HTTP` when there is none.
 */
export async function remoteInfo(requester: Requester, repository: string): Promise<RemoteInfo> {
  const base = new URL(repository);
  base.hash = "";
  base.pathname = `${trimEnd(base.pathname, "/")}/.pvrremote`;
  const document = asObject(
    (await requestJson(requester, { method: "GET", url: base.href })).value,
    base.href,
    "remote",
  );
  const stateUrl = text(document, "json-get-url");
  const objectsUrl = text(document, "objects-endpoint");
  if (!stateUrl || !objectsUrl || !URL.canParse(stateUrl, base) || !URL.canParse(objectsUrl, base)) {
    throw new PvError("HUB_HTTP", `${plainUrl(base.href)} is no pvr remote`, {
      method: "GET",
      url: plainUrl(base.href),
      status: 200,
    });
  }
  const absolute = (url: string): string => new URL(url, base).href;
  const postUrl = text(document, "post-url");
  return {
    stateUrl: absolute(stateUrl),
    stateKey: text(document, "json-key") ?? "post",
    objectsUrl: absolute(objectsUrl),
    ...(postUrl === undefined ? {} : { postUrl: absolute(postUrl) }),
    stepUrl: absolute(text(document, "step-get-url") ?? stateUrl.replace(/\/[^/]*$/, "")),
    document,
  };
}

/** The document of a step, as it is. */
export async function remoteStep(requester: Requester, info: RemoteInfo): Promise<JsonObject> {
  return asObject((await requestJson(requester, { method: "GET", url: info.stepUrl })).value, info.stepUrl, "step");
}

/** The state of a remote; a body that is no state is an error, whatever its status. */
export async function remoteState(requester: Requester, info: RemoteInfo): Promise<State> {
  const { value } = await requestJson(requester, { method: "GET", url: info.stateUrl });
  const document = asObject(value, info.stateUrl, "state");
  if (typeof document["#spec"] !== "string") {
    throw new PvError(
      "HUB_HTTP",
      `${plainUrl(info.stateUrl)} holds no state`,
      { method: "GET", url: plainUrl(info.stateUrl), status: 200 },
      { hint: "the revision is not there, or the login may not read it" },
    );
  }
  return parseState(document);
}

/** A remote's revision; its objects stay there until they are read. */
export async function remoteRevision(requester: Requester, info: RemoteInfo): Promise<Revision> {
  return { state: await remoteState(requester, info), objects: remoteObjects(requester, info.objectsUrl) };
}

/** How a step is posted. */
export interface RemotePost extends PostOptions {
  /** More members of the body. */
  envelope?: JsonObject | undefined;
  /** The number of the new step; -1 appends. */
  rev?: number | undefined;
  /** Upload again what the server has, unless it is another owner's. */
  force?: boolean | undefined;
  /** Send no objects: the server has them; default: false. */
  stateOnly?: boolean | undefined;
}

/** What the remote says of a new step. */
export interface PostedStep {
  rev: string;
  stateSha256: string;
  trailId: string;
  step: Step;
}

/**
 * Sends the objects that the remote lacks, then a new step.
 *
 * @throws `PvError` `STATE_REJECTED` for a state that a device would refuse, unless `unchecked`;
 * `OBJECT_MISSING`, `HUB_AUTH`, `HUB_HTTP`.
 */
export async function postRevision(
  requester: Requester,
  info: RemoteInfo,
  revision: Revision,
  options: RemotePost = {},
): Promise<PostedStep> {
  const { message, envelope = {}, rev = -1, unchecked = false } = options;
  if (info.postUrl === undefined)
    throw new PvError("HUB_HTTP", "this remote takes no new revisions", {
      method: "POST",
      url: plainUrl(info.stateUrl),
      status: 405,
    });
  checkPostable(revision, unchecked);
  if (!options.stateOnly) await sendObjects(requester, info, revision, options);
  const body: JsonObject = {
    ...envelope,
    ...(message === undefined ? {} : { "commit-msg": message }),
    rev,
    [info.stateKey]: revision.state,
  };
  const { value } = await requestJson(requester, { method: "POST", url: info.postUrl, body });
  const answer = asObject(value, info.postUrl, "step");
  const number = answer["rev"];
  const name = number === -1 || number === undefined ? text(answer, "revlocal") : String(number);
  if (name === undefined)
    throw new PvError("HUB_HTTP", `${plainUrl(info.postUrl)} does not say which revision it made`, {
      method: "POST",
      url: plainUrl(info.postUrl),
      status: 200,
    });
  return {
    rev: name,
    stateSha256: text(answer, "state-sha") ?? "",
    trailId: text(answer, "trail-id") ?? "",
    step: { ...revision, rev: name, message: message ?? "", progress: readProgress(answer["progress"]) },
  };
}

/** The objects that the remote's newest state does not name. */
async function sendObjects(
  requester: Requester,
  info: RemoteInfo,
  revision: Revision,
  { signal, onProgress, force }: RemotePost,
): Promise<void> {
  const there = new Set(objectPaths({ state: await remoteState(requester, info) }).keys());
  await uploadObjects(requester, info.objectsUrl, revision, { there, force, signal, onProgress });
}

/**
 * Sends the objects that the remote lacks, then puts the state in the place of the remote's: a step that no device has
 * taken yet is changed.
 *
 * @throws `PvError` `STATE_REJECTED` as {@link postRevision}, `OBJECT_MISSING`, `HUB_AUTH`, `HUB_HTTP`.
 */
export async function putRevision(
  requester: Requester,
  info: RemoteInfo,
  revision: Revision,
  options: RemotePost = {},
): Promise<void> {
  checkPostable(revision, options.unchecked ?? false);
  await sendObjects(requester, info, revision, options);
  await requestJson(requester, { method: "PUT", url: info.stateUrl, body: formatState(revision) });
}

/** What a device refuses does not leave by accident. */
export function checkPostable(revision: Revision, unchecked: boolean): void {
  if (unchecked) return;
  const findings = checkState(formatState(revision)).filter(({ severity }) => severity === "error");
  if (findings.length > 0)
    throw new PvError(
      "STATE_REJECTED",
      "a device would refuse this revision",
      { findings },
      { hint: "mend it, or post it unchecked" },
    );
}
