import type { ByteSource, Content, JsonValue, ObjectId } from "../core/index.ts";
import type { ObjectStore } from "../objects/index.ts";
import type { Revision } from "../revision/index.ts";
import type { State, StateLike } from "../state/index.ts";
import type { TreeEntry } from "../tree/index.ts";

/** File operations below one folder; a path stands for the runtime's own. Paths have no leading slash; "" is the folder. */
export interface Folder {
  /** Its path in the runtime's own file system, where it is one of those. */
  root?: string;
  /** The file's bytes, symlinks followed; opened by the first read, which fails with `FILE_FAILED` if it is absent. */
  read(path: string): ByteSource;
  /** Fills the buffer from a file's start and gives the file's length; it does not fit where that is more. */
  readInto?(path: string, buffer: Uint8Array): Promise<number>;
  /** Length of a file, symlinks followed; undefined where there is none. */
  sizeOf?(path: string): Promise<number | undefined>;
  /** Writes a file whole or not at all, with the folders above it; `durable` content outlasts a power cut. */
  write(path: string, content: Content | string, options?: { durable?: boolean }): Promise<void>;
  /** What is directly in a folder, by name, symlinks not followed; an absent folder is empty. */
  list(path: string): Promise<readonly TreeEntry[]>;
  /** Names of what is directly in a folder, where they take less than `list`. */
  names?(path: string): Promise<readonly string[]>;
  /** Renames, over what is there. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or an empty folder; absent ones are no error. */
  remove(path: string): Promise<void>;
  /** Makes `to` a hard link of `from` (which may lie outside: `../objects/x`, or absolute); absent where it cannot. */
  link?(from: string, to: string): Promise<void>;
  /** Makes a file that was not there; false if it was. Absent where nobody else can be writing. */
  create?(path: string, content: string): Promise<boolean>;
  /** Sets permission bits; absent where there are none. */
  setMode?(path: string, mode: number): Promise<void>;
  /** Makes the folder itself; absent where it needs none. */
  prepare?(): Promise<void>;
  /** Makes the renames in a folder outlast a power cut. */
  flush?(path: string): Promise<void>;
  /** A folder elsewhere, for an object pool outside of this one; absent where there is no elsewhere. */
  at?(path: string): Folder;
}

/** One line of `status`: added, changed, deleted, untracked. */
export interface StatusLine {
  letter: "A" | "C" | "D" | "?";
  path: string;
}

/** How files are written by a checkout. */
export interface CheckoutOptions {
  /** `indented` as pvr does it (default), or the canonical text that a device compares. */
  json?: "indented" | "canonical" | undefined;
  /** Objects as read-only hard links into the pool; needs a pool in the same file system, and implies canonical JSON. */
  link?: boolean | undefined;
}

/** How files are added. */
export interface TrackOptions {
  /** Keep `.json` files as objects, for good; default: false. */
  raw?: boolean | undefined;
  /** What to do about a path that matches nothing; default: `error`. */
  missing?: "error" | "ignore" | undefined;
}

/** What garbage collection spares. */
export interface GcOptions {
  /** Revisions of other repositories with the same pool. */
  also?: readonly StateLike[] | undefined;
  /** True where all repositories that share the pool are known; a pool outside the repository is not touched else. */
  shared?: boolean | undefined;
  /** Only say what would go; default: false. */
  dryRun?: boolean | undefined;
}

/** `.pvr/config`. */
export interface RepositoryConfig {
  DefaultGetUrl: string;
  DefaultPutUrl: string;
  DefaultPostUrl: string;
  ObjectsDir: string;
  AccessTokens: Readonly<Record<string, JsonValue>>;
  RefreshTokens: Readonly<Record<string, JsonValue>>;
}

/** pvr's working copy. Reading takes no lock; the first writing verb takes it and holds it until disposed. */
export interface Repository {
  /** The folder that holds `.pvr/`. */
  readonly folder: Folder;
  /** Its path, where it is a folder of the runtime's own file system. */
  readonly root: string | undefined;
  /** The object pool. */
  readonly objects: ObjectStore;
  /** The committed revision. */
  revision(): Promise<Revision>;
  /** The state of the work tree as it is now: tracked files only. */
  workingState(): Promise<State>;
  /** What differs from the commit: A, C, D lines by path, then `?` lines. */
  status(): Promise<readonly StatusLine[]>;
  /** Tracks files: none or "." for all, a file, a folder, or a glob. */
  add(...paths: readonly string[]): Promise<void>;
  /** The same, with a say in how. */
  track(paths: readonly string[], options?: TrackOptions): Promise<void>;
  /** Makes the work tree the committed revision: whole or not at all. */
  commit(message?: string): Promise<Revision>;
  /** Writes the committed revision, or another one, into the work tree; untracked files stay. */
  checkout(revision?: Revision, options?: CheckoutOptions): Promise<void>;
  /** Makes another revision the committed one, its objects copied, without touching the work tree; gives the number of
   * objects that were new. */
  replace(revision: Revision): Promise<number>;
  /** `.pvr/config`. */
  config(): Promise<RepositoryConfig>;
  /** Changes members of `.pvr/config`. */
  configure(changes: Partial<RepositoryConfig>): Promise<void>;
  /** Removes objects that the committed state does not name, and what stopped writers have left. */
  gc(options?: GcOptions): Promise<readonly ObjectId[]>;
  /** Lets go of the lock, as `await using` does. */
  [Symbol.asyncDispose](): Promise<void>;
}
