import { isPvError, type Job, type JsonObject, memorySink } from "../core/index.ts";
import { equalBytes } from "../core/internal.ts";
import type { ObjectStore } from "../objects/index.ts";
import type { Revision } from "../revision/index.ts";
import type { Tree, TreeEntry } from "../tree/index.ts";
import { openSquashfs, type SquashfsImage, writeSquashfs } from "../wasm-squashfs/index.ts";
import { containerInvalid } from "./container-invalid.ts";
import { exactOverlay, overlayWhiteout } from "./exact-overlay.ts";
import { isSameContent } from "./same-content.ts";

/** The root image of a base container, and the digest that pvr notes of it. */
export interface BaseImage {
  image: SquashfsImage;
  digest: string | undefined;
}

/**
 * The root image of the container that another is laid over.
 *
 * @throws `PvError` `CONTAINER_INVALID` when there is none, `OBJECT_MISSING` when its bytes are not at hand.
 */
export async function baseOf(name: string, base: string, within: Revision | undefined): Promise<BaseImage> {
  const id = within?.state[`${base}/root.squashfs`];
  if (!within || typeof id !== "string") {
    const hint = "createRevision knows all its containers; createContainer needs within";
    throw containerInvalid(name, "base", `the container ${base} has no root.squashfs here`, hint);
  }
  const source = within.state[`${base}/src.json`] as JsonObject | undefined;
  const digest = source?.["docker_digest"];
  try {
    return {
      image: await openSquashfs(within.objects.get(id)),
      digest: typeof digest === "string" ? digest : undefined,
    };
  } catch (error) {
    if (isPvError(error, "OBJECT_MISSING")) error.data.path ??= `${base}/root.squashfs`;
    throw error;
  }
}

/** What a container adds to its base, as a tree; `close` frees what it was worked out with. */
export interface Overlay {
  tree: Tree;
  close(): Promise<void>;
}

/**
 * The entries of a tree that differ from a base image, and a whiteout (device 0:0, as overlayfs reads it) for each
 * topmost path that it lacks. The tree is packed uncompressed first, because it may be a stream and is read twice. With
 * `exact`, what pvr would find.
 */
export async function overlayOn(
  base: SquashfsImage,
  tree: Tree,
  { store, signal, exact }: Job & { store: ObjectStore; exact: boolean },
): Promise<Overlay> {
  const sink = store.sink?.();
  const scratch = sink?.written ? sink : memorySink();
  const uncloseable = { ...scratch, close: async () => {} };
  try {
    await writeSquashfs(tree, uncloseable, { compressor: "none", signal });
    const full = await openSquashfs(scratch.written!);
    return {
      tree: exact ? await exactOverlay(base, full, signal) : overlayTree(full, await changedPaths(base, full, signal)),
      close: async () => {
        await base[Symbol.asyncDispose]();
        await scratch.abort();
      },
    };
  } catch (error) {
    await scratch.abort(error);
    throw error;
  }
}

interface Changes {
  /** Paths of the full image that go into the overlay. */
  paths: ReadonlySet<string>;
  /** Topmost paths that the full image lacks. */
  gone: readonly string[];
}

async function changedPaths(base: SquashfsImage, full: SquashfsImage, signal?: AbortSignal): Promise<Changes> {
  const paths = new Set<string>();
  const kinds = new Map<string, TreeEntry["kind"]>();
  const targets = new Map<string, string[]>();
  for await (const entry of full) {
    signal?.throwIfAborted();
    kinds.set(entry.path, entry.kind);
    if (entry.kind === "hardlink") targets.set(entry.target, [...(targets.get(entry.target) ?? []), entry.path]);
    const own = entry.kind === "hardlink" ? await full.find(entry.path) : entry;
    const before = entry.path === "" ? undefined : await base.find(entry.path);
    if (entry.path !== "" && own && !(before && (await isSame(before, own)))) paths.add(entry.path);
  }
  // Names of one file stay names of one file: if one differs, all of them go along.
  for (const [target, links] of targets)
    if ([target, ...links].some((path) => paths.has(path))) for (const path of [target, ...links]) paths.add(path);
  const gone: string[] = [];
  for await (const { path } of base) {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    if (path !== "" && !kinds.has(path) && (parent === "" || kinds.get(parent) === "directory")) gone.push(path);
  }
  return { paths, gone };
}

async function isSame(a: TreeEntry, b: TreeEntry): Promise<boolean> {
  if (a.kind !== b.kind || a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid) return false;
  const [left, right] = [a.xattrs ?? {}, b.xattrs ?? {}];
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  if (!keys.every((key) => right[key] !== undefined && equalBytes(left[key]!, right[key]))) return false;
  if ("target" in a && "target" in b) return a.target === b.target;
  if ("major" in a && "major" in b) return a.major === b.major && a.minor === b.minor;
  return a.kind !== "file" || b.kind !== "file" || isSameContent(a, b);
}

function overlayTree(full: SquashfsImage, { paths, gone }: Changes): Tree {
  const folders = new Set<string>();
  for (const path of [...paths, ...gone])
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) folders.add(path.slice(0, at));
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<TreeEntry, void, void> {
      for await (const entry of full)
        if (entry.path === "" || paths.has(entry.path) || (entry.kind === "directory" && folders.has(entry.path)))
          yield entry;
      for (const path of gone) yield overlayWhiteout(path);
    },
  };
}
