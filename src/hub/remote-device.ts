import { type Job, type JsonObject, type JsonValue, PvError } from "../core/index.ts";
import { sleep } from "../core/internal.ts";
import type { Revision } from "../revision/index.ts";
import { parseState } from "../state/index.ts";
import { asObject, type Requester, requestJson } from "./json-request.ts";
import { readProgress } from "./progress.ts";
import { postRevision, remoteInfo } from "./remote.ts";
import { remoteObjects } from "./remote-objects.ts";
import type { PostOptions, RemoteDevice, RemoteInfo, Step, StepProgress } from "./types.ts";

/** Where one device's revisions are. */
export interface DeviceAddress {
  /** The folder of `.pvrremote`, for the newest revision or one of them. */
  repository(rev?: string): Promise<string>;
  /** Pages of step documents, oldest first; undefined where they cannot be listed. */
  pages?: (() => AsyncIterable<readonly JsonValue[]>) | undefined;
}

const APPEND_TRIES = 6;

function toStep(document: JsonObject, requester: Requester, info: RemoteInfo): Step {
  const { rev, "commit-msg": message, state, progress } = document as Record<string, JsonValue | undefined>;
  return {
    rev: String(rev ?? ""),
    message: typeof message === "string" ? message : "",
    state: parseState((state ?? {}) as JsonObject),
    objects: remoteObjects(requester, info.objectsUrl),
    progress: readProgress(progress),
  };
}

/** A device behind the pvr protocol, on a hub or on the LAN. */
export function remoteDevice(name: string, requester: Requester, address: DeviceAddress): RemoteDevice {
  const withJob = (job: Job = {}): Requester => ({ ...requester, signal: job.signal ?? requester.signal });

  async function step(requests: Requester, rev?: string): Promise<{ step: Step; info: RemoteInfo }> {
    const info = await remoteInfo(requests, await address.repository(rev));
    const { value } = await requestJson(requests, { method: "GET", url: info.stepUrl });
    return { step: toStep(asObject(value, info.stepUrl, "revision"), requests, info), info };
  }

  async function post(revision: Revision, options: PostOptions = {}): Promise<Step> {
    const requests = withJob(options);
    const { onto } = options;
    for (let tried = 1; ; tried++) {
      const { step: newest, info } = await step(requests);
      if (onto !== undefined && newest.rev !== onto) throw conflict(onto, newest.rev);
      // The next number instead of -1: of two that post at once only one can get it.
      const number = /^\d+$/.test(newest.rev) ? Number(newest.rev) + 1 : -1;
      try {
        return (await postRevision(requests, info, revision, { ...options, rev: number })).step;
      } catch (error) {
        // A hub answers 500 to everything, a lost race too: only the newest revision tells.
        if (
          !(error instanceof PvError) ||
          error.code !== "HUB_HTTP" ||
          (error as PvError<"HUB_HTTP">).data.status !== 500
        )
          throw error;
        const { step: now } = await step(requests);
        if (now.rev === newest.rev || tried >= APPEND_TRIES) throw error;
        if (onto !== undefined) throw conflict(onto, now.rev);
      }
    }
  }

  return {
    name,
    clone: async ({ rev, ...job } = {}) => (await step(withJob(job), rev)).step,
    post,
    async *watch(rev, { intervalMs = 5000, signal } = {}) {
      const requests = withJob({ signal });
      let last: StepProgress | undefined;
      for (;;) {
        const { progress } = (await step(requests, rev)).step;
        const changed =
          !last ||
          last.status !== progress.status ||
          last.message !== progress.message ||
          last.percent !== progress.percent;
        last = progress;
        if (changed) yield progress;
        if (progress.outcome !== "pending") return;
        await sleep(intervalMs, signal);
      }
    },
    async rollback(rev, options = {}) {
      const { step: old } = await step(withJob(options), rev);
      return post(old, { message: `back to ${rev}`, ...options });
    },
    async *steps() {
      if (!address.pages) {
        yield (await step(requester)).step;
        return;
      }
      const info = await remoteInfo(requester, await address.repository());
      for await (const page of address.pages()) {
        for (const document of page) yield toStep(asObject(document, info.stepUrl, "revision"), requester, info);
      }
    },
  };
}

function conflict(onto: string, newest: string): PvError {
  return new PvError(
    "HUB_CONFLICT",
    `revision ${newest} was posted meanwhile`,
    { onto, newest },
    { hint: "clone it, and make the change again" },
  );
}
