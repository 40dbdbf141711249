import { isPvError, type Job, memorySink, type ObjectId } from "../core/index.ts";
import { utf8 } from "../core/internal.ts";
import type { ObjectReader, ObjectStore } from "../objects/index.ts";
import type { Tree, TreeEntry } from "../tree/index.ts";
import { createVerity, type SquashfsOptions, writeSquashfs } from "../wasm-squashfs/index.ts";
import type { Draft } from "./draft.ts";

/** Folders that lxc mounts on, which images leave out (pvr makes them too); parents first. */
const standardFolders = ["proc", "sys", "dev", "tmp", "var", "var/tmp", "run", "var/run"] as const;
/** Left in images by builds on another architecture. */
const EMULATOR = "usr/bin/qemu-arm-static";

/** A packed image. */
export interface Packed {
  id: ObjectId;
  /** Names in the tree, the root not counted. */
  entries: number;
}

/** Packs a tree to squashfs, straight into the store where it has a sink. */
export async function packTree(
  tree: Tree,
  store: ObjectStore,
  subject: string,
  options: SquashfsOptions & Job,
): Promise<Packed> {
  const { onProgress } = options;
  const job = {
    ...options,
    ...(onProgress ? { onProgress: (step: Parameters<typeof onProgress>[0]) => onProgress({ ...step, subject }) } : {}),
  };
  const sink = store.sink?.();
  if (sink) {
    const { entries } = await writeSquashfs(tree, sink, job);
    return { id: await sink.id, entries };
  }
  const memory = memorySink();
  const { entries } = await writeSquashfs(tree, memory, job);
  return { id: await store.put(memory.written, { signal: options.signal }), entries };
}

/** The tree with the folders that lxc needs, where it lacks them. */
export function withStandardFolders(tree: Tree): Tree {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<TreeEntry, void, void> {
      const kinds = new Map<string, TreeEntry["kind"]>();
      const wanted: ReadonlySet<string> = new Set(standardFolders);
      for await (const entry of tree) {
        if (wanted.has(entry.path)) kinds.set(entry.path, entry.kind);
        yield entry;
      }
      for (const path of standardFolders) {
        const parent = path.includes("/") ? path.slice(0, path.indexOf("/")) : undefined;
        // Below a symlink (var -> mnt) nothing can be made.
        if (kinds.has(path) || (parent !== undefined && kinds.get(parent) !== "directory")) continue;
        kinds.set(path, "directory");
        yield { kind: "directory", path, mode: 0o755, uid: 0, gid: 0, mtimeSeconds: 0 };
      }
    },
  };
}

/** The tree without what a build machine left in it. */
export function withoutEmulator(tree: Tree): Tree {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<TreeEntry, void, void> {
      for await (const entry of tree) if (entry.path !== EMULATOR) yield entry;
    },
  };
}

/** The image in the draft, with the file beside it that says what it was made from. */
export async function setRoot(
  draft: Draft,
  file: string,
  id: ObjectId,
  store: ObjectStore,
  patch: boolean,
): Promise<void> {
  const gone = patch ? /^root\.ovl\.squashfs/ : /^root\.(?:ovl\.)?squashfs/;
  for (const name of Object.keys(draft.objects)) if (gone.test(name)) delete draft.objects[name];
  draft.objects[file] = id;
  const { docker_digest, docker_ovl_digest } = draft.source;
  const digest = file === "root.ovl.squashfs" ? docker_ovl_digest : docker_digest;
  if (typeof docker_digest === "string" && typeof digest === "string") {
    draft.objects[`${file}.docker-digest`] = await store.put(utf8(digest));
    return;
  }
  const own = `sha256:${id}`;
  // pvr tells a rootfs container by this member, which holds the text it was given.
  draft.source = { rootfs_url: "tree", ...draft.source, ...(patch ? {} : { rootfs_digest: own }) };
  draft.objects[`${file}.rootfs-digest`] = await store.put(utf8(own));
}

/** dm-verity for an image: the hash tree as an object, its description as a document. */
export async function setVerity(
  draft: Draft,
  file: string,
  on: boolean,
  reader: ObjectReader,
  { store, signal }: Job & { store: ObjectStore },
): Promise<void> {
  delete draft.documents[`_dm/${file}.json`];
  delete draft.objects[`${file}.hash`];
  const { [file]: _, ...others } = (draft.source["dm_enabled"] ?? {}) as Record<string, boolean>;
  draft.source = { ...draft.source, dm_enabled: on ? { ...others, [file]: true } : others };
  if (!on) return;
  const id = draft.objects[file]!;
  const verity = await createVerity(reader.get(id), { signal }).catch((error: unknown) => {
    if (isPvError(error, "OBJECT_MISSING")) error.data.path ??= `${draft.name}/${file}`;
    throw error;
  });
  draft.objects[`${file}.hash`] = await store.put(verity.hashTree);
  draft.documents[`_dm/${file}.json`] = {
    ...verity.document,
    data_device: file,
    hash_device: `${file}.hash`,
  };
}
