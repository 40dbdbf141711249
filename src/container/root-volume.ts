import { isPvError, type Job, memorySink, type ObjectId } from "../core/index.ts";
import { utf8 } from "../core/internal.ts";
import type { ObjectReader, ObjectStore } from "../objects/index.ts";
import type { Tree, TreeEntry } from "../tree/index.ts";
import { createVerity, type SquashfsOptions, writeSquashfs } from "../wasm-squashfs/index.ts";
import type { Draft } from "./draft.ts";

/** Folders that lxc mounts on, which images leave out (pvr makes them too); parents first. */
const standardFolders = ["proc", "sys", "dev", "tmp", "var", "var/tmp", "run", "var/run"] as const;
const standardNames: ReadonlySet<string> = new Set(
  standardFolders.map((path) => path.slice(path.lastIndexOf("/") + 1)),
);
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

/** What a tree holds, as far as it matters for folders to be made in it. */
interface Seen {
  folders: Set<string>;
  links: Map<string, string>;
  /** Anything else that bears the name of a wanted folder. */
  others: Set<string>;
}

const MAX_LINKS = 16;

/** Where a path leads through links of the tree; undefined where it leaves it or ends. */
function followed(path: string, { folders, links }: Seen, absolute: boolean): string | undefined {
  let at = "";
  const rest = path.split("/");
  for (let steps = 0; rest.length > 0; ) {
    const name = rest.shift()!;
    if (name === "" || name === ".") continue;
    if (name === "..") {
      at = at.slice(0, Math.max(0, at.lastIndexOf("/")));
      continue;
    }
    const next = at === "" ? name : `${at}/${name}`;
    const target = links.get(next);
    if (target === undefined) {
      if (!folders.has(next)) return undefined;
      at = next;
      continue;
    }
    if (++steps > MAX_LINKS || (target.startsWith("/") && !absolute)) return undefined;
    if (target.startsWith("/")) at = "";
    rest.unshift(...target.split("/"));
  }
  return at;
}

/**
 * The tree with the folders that lxc needs, where it lacks them; `var` may be a link to another folder. With `exact`, an
 * absolute link is not followed: pvr would leave the image there.
 */
export function withStandardFolders(tree: Tree, exact: boolean): Tree {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<TreeEntry, void, void> {
      const seen: Seen = { folders: new Set(), links: new Map(), others: new Set() };
      for await (const entry of tree) {
        const { path, kind } = entry;
        if (kind === "directory") seen.folders.add(path);
        else if (kind === "symlink") seen.links.set(path, entry.target);
        else if (standardNames.has(path.slice(path.lastIndexOf("/") + 1))) seen.others.add(path);
        yield entry;
      }
      for (const path of standardFolders) {
        const slash = path.indexOf("/");
        const parent = slash < 0 ? "" : followed(path.slice(0, slash), seen, !exact);
        if (parent === undefined) continue;
        const made = slash < 0 ? path : `${parent === "" ? "" : `${parent}/`}${path.slice(slash + 1)}`;
        if (seen.folders.has(made) || seen.links.has(made) || seen.others.has(made)) continue;
        seen.folders.add(made);
        yield { kind: "directory", path: made, mode: 0o755, uid: 0, gid: 0, mtimeSeconds: 0 };
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
