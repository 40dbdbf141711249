import type { Job, JsonObject } from "../core/index.ts";
import type { Revision } from "../revision/index.ts";

/** A revision of a device; `rev` is "0", "12", "locals/x". */
export interface Step extends Revision {
  rev: string;
  message: string;
  progress: StepProgress;
}

/** What a device reports. */
export interface StepProgress {
  /** The device's word: NEW, QUEUED, DOWNLOADING, INPROGRESS, TESTING, UPDATED, DONE, WONTGO, ERROR, CANCEL. */
  status: string;
  /** The device's sentence. */
  message: string;
  /** 0 to 100. */
  percent: number;
  /** `done` for UPDATED and DONE, `failed` for WONTGO, ERROR and CANCEL. */
  outcome: "pending" | "done" | "failed";
}

/** How to post. */
export interface PostOptions extends Job {
  /** The commit message. */
  message?: string | undefined;
  /** The revision it was made from; `HUB_CONFLICT` if that is no longer the newest. */
  onto?: string | undefined;
  /** Post also what a device would refuse. */
  unchecked?: boolean | undefined;
}

/** The same on a hub and on the LAN. */
export interface RemoteDevice {
  name: string;
  /** A revision whose objects stay where they are until they are read; default: the newest. */
  clone(options?: { rev?: string | undefined } & Job): Promise<Step>;
  /** Sends the objects that are not there yet, then the state. */
  post(revision: Revision, options?: PostOptions): Promise<Step>;
  /** Progress as it changes; ends with the outcome. */
  watch(
    rev: string,
    options?: { intervalMs?: number | undefined; signal?: AbortSignal | undefined },
  ): AsyncIterable<StepProgress>;
  /** Posts an old revision's state as a new one. */
  rollback(rev: string, options?: PostOptions): Promise<Step>;
  /** All revisions, oldest first. */
  steps(): AsyncIterable<Step>;
}

/** A hub. */
export interface Hub {
  /** By nick or id; nothing is asked yet. */
  device(name: string): RemoteDevice;
  /** The devices of the account. */
  devices(filter?: {
    name?: string | undefined;
    meta?: Readonly<Record<string, string>> | undefined;
  }): AsyncIterable<RemoteDevice>;
}

/** What `.pvrremote` says. */
export interface RemoteInfo {
  /** GET the state. */
  stateUrl: string;
  /** The state's key in the body of a new step. */
  stateKey: string;
  /** GET `<url>/<sha>`, POST `<url>/`. */
  objectsUrl: string;
  /** POST a new step; absent where nothing can be posted. */
  postUrl?: string | undefined;
  /** GET the step; the state's address without its last component where the server does not say. */
  stepUrl: string;
  /** The answer as it was. */
  document: JsonObject;
}
