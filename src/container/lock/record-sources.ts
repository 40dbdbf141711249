import { type JsonObject, PvError } from "../../core/index.ts";
import { utf8 } from "../../core/internal.ts";
import { createHasher } from "../../objects/index.ts";
import type { Revision } from "../../revision/index.ts";
import type { ContainerSource, OpenedSource } from "../../sources/index.ts";
import { canonicalJson, formatState, listParts } from "../../state/index.ts";
import type { Tree } from "../../tree/index.ts";
import type { ContainerSpec } from "../types.ts";
import { compareLocks, lockChanged } from "./compare-locks.ts";
import type { LockedSource, RevisionLock } from "./types.ts";

/** Raised when the templates give other text for the same input. */
const TEMPLATE_VERSION = 1;

/** Writes down what every source turned out to be, while a revision is built from them. */
export interface SourceRecorder {
  /** The container's specification, whose source is recorded once it is opened. */
  container(name: string, spec: ContainerSpec): ContainerSpec;
  /** A source of this kind, opened. */
  opened(name: string, kind: string, source: OpenedSource): void;
  /** A container whose source is not asked: the image that its origin names, or else what its root was packed to. */
  origin(name: string, origin: JsonObject): void;
  /** The files laid over a container. */
  overlay(name: string): void;
  /** The lock of what was built; with `frozen`, throws where it is not what was locked. */
  finish(revision: Revision): RevisionLock;
}

/** True for a source; a Tree is none. */
export function isSource(from: ContainerSource | Tree): from is ContainerSource {
  return "open" in from && typeof from.open === "function";
}

/** Keys of the images that a container's root is packed to. */
export function isRootImage(name: string): (key: string) => boolean {
  return (key) => key.startsWith(`${name}/root.`) && key.endsWith(".squashfs");
}

function hashText(text: string): string {
  return createHasher().update(utf8(text)).id();
}

/** Hash of each part: all of its keys, with what belongs to it. */
function partHashes(revision: Revision): Record<string, string> {
  return Object.fromEntries(
    listParts(revision).map(({ name, keys }) => [
      name,
      hashText(canonicalJson(Object.fromEntries(keys.map((key) => [key, revision.state[key]])))),
    ]),
  );
}

/** What an origin says of an image. */
function imageSource(kind: string, origin: JsonObject): LockedSource {
  const {
    docker_name: name,
    docker_tag: tag,
    docker_digest: digest,
    docker_platform: platform,
  } = origin as Record<string, string | undefined>;
  return {
    kind,
    ...(name === undefined ? {} : { reference: tag === undefined ? name : `${name}:${tag}` }),
    ...(digest === undefined ? {} : { digest }),
    ...(platform === undefined ? {} : { platform }),
  };
}

/** Records for a new lock, and against an old one where it is frozen. */
export function recordSources(locked: RevisionLock | undefined, frozen: boolean): SourceRecorder {
  if (frozen && !locked)
    throw new PvError(
      "LOCK_INVALID",
      "a frozen build needs its lock",
      { path: "pv.lock.json" },
      { hint: "build once without frozen" },
    );
  const sources: Record<string, LockedSource> = {};
  const pending: ((revision: Revision) => void)[] = [];

  function record(path: string, source: LockedSource): void {
    sources[path] = source;
    if (!frozen) return;
    // Known before a byte is unpacked: no need to build what will be refused.
    const changes = compareLocks(
      { ...locked!, sources: { [path]: locked!.sources[path]! }, parts: {} },
      { ...locked!, sources: { [path]: source }, parts: {} },
    );
    if (changes.length > 0) throw lockChanged(changes);
  }

  /** A tree is what it was packed to: the same tree, options and runtime give the same image. */
  function tree(path: string, keys: (key: string) => boolean): void {
    pending.push(({ state }) => {
      const packed = Object.entries(state).filter(([key]) => keys(key));
      record(path, { kind: "tree", sha256: hashText(canonicalJson(Object.fromEntries(packed))) });
    });
  }

  function opened(name: string, kind: string, { origin, revision, tree: packed }: OpenedSource): void {
    const path = `containers/${name}`;
    if (revision) record(path, { kind, sha256: hashText(formatState(revision)) });
    else if (typeof origin["docker_digest"] === "string") record(path, imageSource(kind, origin));
    else if (packed) tree(path, isRootImage(name));
    else record(path, { kind, sha256: hashText(canonicalJson(origin)) });
  }

  function source(name: string, from: ContainerSource): ContainerSource {
    return {
      kind: from.kind,
      async open(options) {
        const found = await from.open(options);
        opened(name, from.kind, found);
        return found;
      },
    };
  }

  const overlay = (name: string): void => {
    tree(`containers/${name}/overlay`, (key) => key.startsWith(`_config/${name}/`));
  };

  return {
    opened,
    overlay,
    container(name, spec) {
      if (!isSource(spec.from)) tree(`containers/${name}`, isRootImage(name));
      if (spec.overlay) overlay(name);
      return isSource(spec.from) ? { ...spec, from: source(name, spec.from) } : spec;
    },
    origin(name, origin) {
      const path = `containers/${name}`;
      const { docker_digest: digest, docker_ovl_digest: own = digest } = origin;
      // Not asked, it cannot be of another kind than it was.
      const kind = locked?.sources[path]?.kind ?? "image";
      if (typeof own === "string" && own.includes("@"))
        record(path, imageSource(kind, { ...origin, docker_digest: own }));
      else tree(path, isRootImage(name));
    },
    finish(revision) {
      for (const work of pending) work(revision);
      // Files of the board are objects as they are: their hash is in the state.
      for (const [key, value] of Object.entries(revision.state)) {
        const name = /^bsp\/([^/]+)$/.exec(key)?.[1];
        if (name !== undefined && typeof value === "string") record(`bsp/${name}`, { kind: "file", sha256: value });
      }
      const lock: RevisionLock = {
        "#spec": "pv-lock@1",
        template: TEMPLATE_VERSION,
        sources,
        parts: partHashes(revision),
        state: hashText(formatState(revision)),
      };
      const changes = frozen ? compareLocks(locked!, lock) : [];
      if (changes.length > 0) throw lockChanged(changes);
      return lock;
    },
  };
}
