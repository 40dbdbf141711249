import type { Finding, JsonValue, ObjectId } from "../core/index.ts";
import type { Tree, TreeChange } from "../tree/index.ts";

/** What a changed document is about. */
export type Aspect = "run" | "group" | "arguments" | "services" | "overlay" | "version" | "signature" | "other";

/** An object came, went or changed. */
export interface ObjectChange {
  kind: "object";
  /** Its key in the state, such as `web/root.squashfs`. */
  path: string;
  /** The object it was, absent when it is new. */
  before?: ObjectId;
  /** The object it is, absent when it went. */
  after?: ObjectId;
}

/** So did a document. */
export interface DocumentChange {
  kind: "document";
  /** Its key in the state, such as `web/run.json`. */
  path: string;
  /** What the change is about, sorted; never empty. */
  aspects: readonly Aspect[];
  /** The whole document as it was, absent when it is new. */
  before?: JsonValue;
  /** The whole document as it is, absent when it went. */
  after?: JsonValue;
}

/** One part that differs. */
export interface PartDiff {
  /** Name of the part, its `_config` and `_sigs` included. */
  name: string;
  /** What happened to the part as a whole. */
  change: "added" | "removed" | "changed";
  /** Where its documents name versions that differ: package version, image tag or digest. */
  version?: { before?: string; after?: string };
  /** By path; a document that became an object (or the other way round) is two changes of one path. */
  changes: readonly (ObjectChange | DocumentChange)[];
}

/** What differs between two states, by part and meaning; empty when a device would see the same text. */
export interface StateDiff {
  /** By name; parts that are the same are left out. */
  parts: readonly PartDiff[];
}

/** Why a device reboots, or refuses: path, its rule, a sentence. */
export interface Reason {
  /** The part the path belongs to. */
  part: string;
  /** The key of the state, or the path of the finding; empty where the whole revision is meant. */
  path: string;
  /**
   * Reboots: `DEVICE_CHANGED`, `BSP_CHANGED`, `OWNER_NONE`, `RESTART_POLICY_SYSTEM`. Refusals: `NO_ROOM`, or the code
   * of an error finding.
   */
  rule: string;
  /** One sentence. */
  message: string;
}

/** Some objects. */
export interface ObjectSet {
  /** Each once, in the order of the state. */
  ids: readonly ObjectId[];
  /** Sum in bytes; undefined if the size of one is unknown. */
  sizeBytes: number | undefined;
}

/** What the device holds, its room, and what was found. */
export interface PlanOptions {
  /** Size in bytes of each object, as `objectSizes` gives them. */
  sizes?: ReadonlyMap<ObjectId, number> | undefined;
  /** All objects that the device holds; default: those that `from` names. */
  have?: Iterable<ObjectId> | undefined;
  /**
   * Bytes that the device may fill: what is free after its garbage collection, less the 5 % of its storage that it
   * keeps back (`PV_STORAGE_GC_RESERVED`); a device reports just this as `storage.real_free`. Unlimited unless given.
   */
  freeBytes?: number | undefined;
  /** What `checkState` found in the new state; an error rejects the update. */
  findings?: readonly Finding[] | undefined;
  /** Opens an image for {@link explainPlan}, which says what changed inside it; the plan itself reads no bytes. */
  openImage?: ((id: ObjectId) => Promise<Tree>) | undefined;
}

/** What changed inside one image. */
export interface ImageDiff {
  /** The part it belongs to. */
  part: string;
  /** Its key in the state. */
  path: string;
  /** The image as it was. */
  before: ObjectId;
  /** The image as it is. */
  after: ObjectId;
  /** File by file. */
  changes: readonly TreeChange[];
}

/** What an update does. */
export interface UpdatePlan {
  /** What differs. */
  diff: StateDiff;
  /**
   * `none`: taken over, nothing stops. `containers`: some stop or start. `reboot`: the device reboots. `rejected`: the
   * device refuses it (an error finding, or no room); the rest of the plan says what it would do otherwise.
   */
  transition: "none" | "containers" | "reboot" | "rejected";
  /** Why it is rejected, then why it reboots; every reason, where a device logs the first one only. */
  reasons: readonly Reason[];
  /** Every container of both states, by name; a reboot restarts them all. */
  containers: readonly { name: string; action: "start" | "stop" | "restart" | "keep" }[];
  /** What the device lacks. */
  download: ObjectSet;
  /** What the new state needs and the device holds. */
  kept: ObjectSet;
  /** What the device holds and the new state does not name; it may go once no older revision is kept. */
  garbage: ObjectSet;
  /** Names of unchanged signatures over something that changed: they verified before and no longer do. */
  brokenSignatures: readonly string[];
  /** As given. */
  findings: readonly Finding[];
  /** All of it in one line. */
  summary: string;
  /** As given, for {@link explainPlan}. */
  openImage?: (id: ObjectId) => Promise<Tree>;
  /** What changed inside the images; there after {@link explainPlan}. */
  images?: readonly ImageDiff[];
}

/** Both sides changed it, each in its own way. */
export interface Conflict {
  /** Slash path: key of the state, then members (`web/run.json/group`). */
  path: string;
  /** What it was, absent when it was not there. */
  base?: JsonValue;
  /** What one side made of it, absent when it removed it. */
  ours?: JsonValue;
  /** What the other side made of it, absent when it removed it. */
  theirs?: JsonValue;
}
