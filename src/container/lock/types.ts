import type { ObjectId } from "../../core/index.ts";

/** What one source was, when it was locked. */
export type LockedSource = {
  /** `registry`, `layout`, `docker-archive`, `package`, `tree`, `file`, ... */
  kind: string;
  /** The image as it was asked for. */
  reference?: string;
  /** Digest of the image's manifest, for the platform. */
  digest?: string;
  /** The platform that chose it. */
  platform?: string;
  /** SHA-256 of a file, of a package's part, of what a tree was packed to (with the runtime's own deflate, unless `portable`). */
  sha256?: ObjectId;
};

/** `pv.lock.json`: every source resolved, every part and the state they gave. */
export type RevisionLock = {
  "#spec": "pv-lock@1";
  /** Version of the template that run.json and lxc.container.conf come from. */
  template: number;
  /** By place in the spec: `bsp/kernel.img`, `containers/web`, `containers/web/overlay`. */
  sources: Readonly<Record<string, LockedSource>>;
  /** SHA-256 of each part's canonical text. */
  parts: Readonly<Record<string, ObjectId>>;
  /** SHA-256 of the state's canonical line. */
  state: ObjectId;
};

/** One difference from a lock. */
export interface LockChange {
  /** `containers/web`, `parts/web`, `template`, `state`. */
  path: string;
  /** What the lock says; absent for what is new. */
  locked?: string;
  /** What it is now; absent for what is gone. */
  found?: string;
}
