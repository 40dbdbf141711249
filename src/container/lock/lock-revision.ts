import { type JsonObject, PvError } from "../../core/index.ts";
import { memoryStore } from "../../objects/index.ts";
import type { BuildOptions, Revision } from "../../revision/index.ts";
import { listParts } from "../../state/index.ts";
import { namedImage, openSource, pickPart } from "../opened-source.ts";
import type { ContainerSpec } from "../types.ts";
import { updateContainer } from "../update-container.ts";
import { isRootImage, recordSources } from "./record-sources.ts";
import type { LockChange, RevisionLock } from "./types.ts";

/** Where a container of the revision came from, and how its image was packed. */
export type LockSource = Pick<ContainerSpec, "from" | "squashfs" | "compat">;

/** What {@link lockRevision} takes. */
export interface LockOptions extends BuildOptions {
  /** Sources by container, asked again; of one without, what its src.json says counts. */
  sources?: Readonly<Record<string, LockSource | undefined>> | undefined;
  /** What `pv.lock.json` says (`parseLock`): anything else ends in `LOCK_CHANGED`. */
  lock?: RevisionLock | undefined;
}

/** The manifest digest of an image, whatever it was called. */
function manifestOf(digest: unknown): string | undefined {
  return typeof digest === "string" ? digest.slice(digest.indexOf("@") + 1) : undefined;
}

/** Ids of the root images of a container, in one text. */
function rootsOf({ state }: Revision, name: string): string | undefined {
  const isRoot = isRootImage(name);
  const ids = Object.keys(state).filter(isRoot).sort();
  return ids.length > 0 ? ids.map((key) => String(state[key])).join() : undefined;
}

/** A container that its source no longer gives. */
function moved(name: string, locked: string | undefined, found: string | undefined): PvError {
  const path = `containers/${name}`;
  const change: LockChange = {
    path,
    ...(locked === undefined ? {} : { locked }),
    ...(found === undefined ? {} : { found }),
  };
  return new PvError(
    "LOCK_CHANGED",
    `${path} is made of ${locked ?? "nothing that is known"}, its source now gives ${found ?? "none"}`,
    { path, changes: [change] },
    { hint: "update the container from its source, then lock" },
  );
}

/**
 * The lock of a revision that is there already, such as a working copy: every source is asked again, and must still give
 * what the revision is made of. An image is compared by its manifest's digest, so no layer is fetched; a tree is packed
 * again and compared by what it was packed to; a package by its root image. The lock is the one that
 * {@link createRevision} gives for the same sources.
 *
 * Without a store, trees are packed in memory, 512 MiB at most.
 *
 * @throws `PvError` `LOCK_CHANGED` when a source gives something else than the revision holds, or anything is not as
 * `lock` says; `changes` lists what.
 * @throws `PvError` `PART_UNKNOWN` when a source is given for a container that is not there.
 * @throws `PvError` And all else that opening and packing the sources throws.
 * @example
 * ```ts
 * import { files } from "@pv/sdk";
 * import { createRevision, formatLock, lockRevision, parseLock } from "@pv/sdk/container";
 * const sources = { web: { from: files({ "/sbin/init": { mode: 0o755, content: "1" } }) } };
 * const revision = await createRevision({ containers: sources });
 * const text = formatLock(await lockRevision(revision, { sources })); // pv.lock.json
 * const again = await lockRevision(revision, { sources, lock: parseLock(text) }); // throws where anything changed
 * if (formatLock(again) !== text) throw new Error("not the same");
 * ```
 */
export async function lockRevision(revision: Revision, options: LockOptions = {}): Promise<RevisionLock> {
  const { sources = {}, lock, signal, onProgress, store = memoryStore() } = options;
  const recorder = recordSources(lock, lock !== undefined);
  const names = listParts(revision)
    .filter(({ kind }) => kind === "container")
    .map(({ name }) => name);
  const unknown = Object.keys(sources).find((name) => sources[name] && !names.includes(name));
  if (unknown !== undefined)
    throw new PvError("PART_UNKNOWN", `there is no container ${JSON.stringify(unknown)}`, {
      name: unknown,
      known: names,
    });
  for (const name of names) {
    signal?.throwIfAborted();
    const source = (revision.state[`${name}/src.json`] ?? {}) as JsonObject;
    const given = sources[name];
    const hasOverlay = Object.keys(revision.state).some((key) => key.startsWith(`_config/${name}/`));
    if (!given) {
      recorder.origin(name, source);
      if (hasOverlay) recorder.overlay(name);
      continue;
    }
    const { from, compat } = given;
    const opened = await openSource(name, from, { store, signal, onProgress, compat });
    recorder.opened(name, "kind" in from ? from.kind : "tree", opened);
    // Of a package, what is laid over it is part of the package.
    if (hasOverlay && !opened.revision) recorder.overlay(name);
    const image = manifestOf(opened.origin["docker_digest"]);
    if (image !== undefined) {
      const locked = manifestOf(source["docker_ovl_digest"] ?? source["docker_digest"]);
      if (locked !== image) throw moved(name, locked, image);
      continue;
    }
    const locked = rootsOf(revision, name);
    let found = namedImage(opened);
    if (opened.revision) {
      const { part, revision: own } = pickPart(name, opened.revision);
      found = rootsOf(own, part);
    } else if (opened.tree) {
      const overOwn = source["base"] === undefined && revision.state[`${name}/root.ovl.squashfs`] !== undefined;
      // Opened once: a tree of a stream cannot be read again.
      const again = { kind: "tree", open: async () => opened };
      const { squashfs } = given;
      const build = { from: again, squashfs, compat, store, signal, onProgress, patch: overOwn };
      found = rootsOf(await updateContainer(revision, name, build), name);
    }
    if (locked !== found) throw moved(name, locked, found);
  }
  return recorder.finish(revision);
}
