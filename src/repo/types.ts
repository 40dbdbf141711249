import type { ByteSource, Content, JsonValue } from "../core/index.ts";
import type { ObjectStore } from "../objects/index.ts";
import type { Revision } from "../revision/index.ts";
import type { State } from "../state/index.ts";
import type { TreeEntry } from "../tree/index.ts";

/** File operations below one folder; a path stands for the runtime's own. Paths have no leading slash; "" is the folder. */
export interface Folder {
  /** Its path in the runtime's own file system, where it is one of those. */
  root?: string;
  /** The file's bytes, symlinks followed; opened by the first read, which fails with `FILE_FAILED` if it is absent. */
  read(path: string): ByteSource;
  /** Writes a file whole or not at all, with the folders above it. */
  write(path: string, content: Content | string): Promise<void>;
  /** What is directly in a folder, by name, symlinks not followed; an absent folder is empty. */
  list(path: string): Promise<readonly TreeEntry[]>;
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
  /** Tracks files whose `.json` shall stay objects. */
  addRaw(...paths: readonly string[]): Promise<void>;
  /** Makes the work tree the committed revision: whole or not at all. */
  commit(message?: string): Promise<Revision>;
  /** Writes the committed revision, or another one, into the work tree; untracked files stay. */
  checkout(revision?: Revision, options?: CheckoutOptions): Promise<void>;
  /** Makes another revision the committed one, its objects copied, without touching the work tree. */
  replace(revision: Revision): Promise<void>;
  /** `.pvr/config`. */
  config(): Promise<RepositoryConfig>;
  /** Changes members of `.pvr/config`. */
  configure(changes: Partial<RepositoryConfig>): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
