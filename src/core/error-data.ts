import type { Finding, ObjectId } from "./json.ts";
import type { Limits } from "./types.ts";

/** Every error code with its data; removing one is a major change. */
export interface ErrorData {
  /** A state (or JSON) that cannot be read. */
  STATE_INVALID: { findings: readonly Finding[] };
  /** A state that a device would refuse, on its way out. */
  STATE_REJECTED: { findings: readonly Finding[] };
  /** Two parts give the same key other content. */
  STATE_CONFLICT: { path: string };
  /** A change without a word or a result: a member that is null, endless nesting, a state left without `#spec`. */
  CHANGE_IMPOSSIBLE: { path: string };
  /** No part of that name. */
  PART_UNKNOWN: { name: string; known: readonly string[] };
  /** Bytes that a verb needs are not there. */
  OBJECT_MISSING: { id: ObjectId; path?: string };
  /** Bytes that are not what their name says. */
  OBJECT_HASH_MISMATCH: { expected: ObjectId; actual: ObjectId; path?: string };
  /** An object id that is not 64 lower-case hex digits. */
  OBJECT_ID_INVALID: { id: string; path?: string };
  /** A store at its limit. */
  STORE_FULL: { maxBytes: number };
  /** Content shorter (or longer) than it said. */
  CONTENT_TRUNCATED: { expected: number; actual: number; path?: string };
  /** Compressed content that does not decompress. */
  CONTENT_CORRUPT: { format: string; path?: string };
  /** A server that cannot be reached. */
  NETWORK_FAILED: { url: string };
  /** An HTTP answer that is no success. */
  CONTENT_HTTP: { url: string; status: number };
  /** Input over a limit. */
  LIMIT_EXCEEDED: { limit: keyof Limits; value: number; path?: string };
  /** A tree from a stream, read a second time. */
  TREE_CONSUMED: { path?: string };
  /** Entries that make no file tree: a link to nothing, a file below a file. */
  TREE_INVALID: { path: string };
  /** A tar member that would leave its folder. */
  TAR_PATH_UNSAFE: { path: string };
  /** No tar, or a broken one. */
  TAR_INVALID: { offset: number; path?: string };
  /** No squashfs image, or a broken one. */
  SQUASHFS_INVALID: { offset: number; check: string };
  /** A compressor this runtime lacks. */
  CODEC_MISSING: { codec: string; install: string };
  /** An image reference that is none. */
  OCI_REFERENCE_INVALID: { reference: string };
  /** The image has no such platform. */
  OCI_PLATFORM_ABSENT: { wanted: string; available: readonly string[] };
  /** The registry wants a login. */
  OCI_AUTH_REQUIRED: { registry: string };
  /** A manifest, index or config that is none. */
  OCI_INVALID: { reference: string; reason: string };
  /** A blob or manifest that is not what its digest says. */
  OCI_DIGEST_MISMATCH: { expected: string; actual: string };
  /** A container option that cannot be. */
  CONTAINER_INVALID: { name: string; option: string };
  /** A key that cannot sign. */
  SIGN_KEY_UNSUPPORTED: { reason: string };
  /** A key that is not its certificate's. */
  SIGN_KEY_MISMATCH: { alg: string };
  /** A signature no device would believe. */
  SIGN_REFUSED: { pattern: string; reason: string };
  /** The hub refuses the login. */
  HUB_AUTH: { url: string };
  /** Somebody posted meanwhile. */
  HUB_CONFLICT: { onto: string; newest: string };
  /** The hub answered with an error. */
  HUB_HTTP: { method: string; url: string; status: number };
  /** An image without room. */
  IMAGE_NO_SPACE: { neededBytes: number; availableBytes: number };
  /** Another process works in the repository. */
  REPOSITORY_LOCKED: { path: string };
  /** No lock file, or a broken one. */
  LOCK_INVALID: { path: string };
  /** A frozen build that is not what was locked. */
  LOCK_CHANGED: { path: string; changes: readonly { path: string; locked?: string; found?: string }[] };
  /** A repository's own file that cannot be read. */
  REPOSITORY_BROKEN: { path: string; reason: string };
  /** A path that would leave its folder. */
  PATH_UNSAFE: { path: string };
  /** A file or folder that cannot be read or written. */
  FILE_FAILED: { path: string; reason: string };
}

/** A stable code. */
export type ErrorCode = keyof ErrorData;
