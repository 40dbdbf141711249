import type { ByteStream, Source } from "../core/index.ts";

/** Common to all entries; no leading slash, the root is "". */
export interface EntryBase {
  /** Slash path without leading or trailing slash; bytes that are not UTF-8 as U+DC80..U+DCFF; the root is "". */
  path: string;
  /** Permission bits, 0 to 0o7777. */
  mode: number;
  uid: number;
  gid: number;
  /** Seconds since 1970. */
  mtimeSeconds: number;
  /** Extended attributes by full name (`security.capability`). */
  xattrs?: Readonly<Record<string, Uint8Array>> | undefined;
}

/** A file; from a stream, open it before the next entry; equal `contentKey`s mean equal content. */
export interface FileEntry extends EntryBase {
  kind: "file";
  sizeBytes: number;
  /** Opens the content; an own function without `this`, so `{ ...entry, mode }` works. */
  open: () => ByteStream;
  /** A key that two files share only if their content is equal. */
  contentKey?: (() => Promise<string>) | undefined;
}

/** A link to a path (hard: an earlier one). */
export interface LinkEntry extends EntryBase {
  kind: "symlink" | "hardlink";
  /** Symlink: the text as it stands. Hard link: the path of an entry that came before. */
  target: string;
}

/** A device node. */
export interface DeviceEntry extends EntryBase {
  kind: "char" | "block";
  major: number;
  minor: number;
}

/** The rest. */
export interface PlainEntry extends EntryBase {
  kind: "directory" | "fifo" | "socket";
}

/** Narrow by `kind`. */
export type TreeEntry = FileEntry | LinkEntry | DeviceEntry | PlainEntry;

/** Entries, parents before children; replayable unless it comes from a stream (`TREE_CONSUMED`). */
export interface Tree extends AsyncIterable<TreeEntry> {}

/** An entry of a literal: mode 0644 or 0755, owner 0:0, time 0. */
export interface FileSpec extends Partial<Omit<EntryBase, "path">> {
  content?: string | Source | undefined;
  symlink?: string | undefined;
  hardlink?: string | undefined;
  device?: readonly ["char" | "block", major: number, minor: number] | undefined;
  special?: "fifo" | "socket" | undefined;
}

/** One changed path. */
export interface TreeChange {
  path: string;
  change: "added" | "removed" | "changed";
  aspects: readonly ("kind" | "content" | "mode" | "owner" | "time" | "target" | "xattrs")[];
  /** Size after minus size before, of file content. */
  deltaBytes: number;
  before?: TreeEntry;
  after?: TreeEntry;
}
