import { type JsonObject, PvError, utf8 } from "../../core/index.ts";
import { createHasher } from "../../objects/index.ts";
import type { Revision } from "../../revision/index.ts";
import type { ContainerSource } from "../../sources/index.ts";
import { canonicalJson, formatState, listParts } from "../../state/index.ts";
import type { Tree } from "../../tree/index.ts";
import type { BspSpec, ContainerSpec } from "../types.ts";
import { compareLocks, lockChanged } from "./compare-locks.ts";
import { fingerprintTree } from "./fingerprint-tree.ts";
import type { LockedSource, RevisionLock } from "./types.ts";

/** Raised when the templates give other text for the same input. */
const TEMPLATE_VERSION = 1;

/** Writes down what every source turned out to be, while a revision is built from them. */
export interface SourceRecorder {
  container(name: string, spec: ContainerSpec): ContainerSpec;
  bsp(spec: BspSpec): BspSpec;
  /** The lock of what was built; with `frozen`, throws where it is not what was locked. */
  finish(revision: Revision): Promise<RevisionLock>;
}

function isSource(from: ContainerSource | Tree): from is ContainerSource {
  return "open" in from && typeof from.open === "function";
}

function isTree(value: unknown): value is Tree {
  const bytes = value instanceof Uint8Array || (typeof Blob !== "undefined" && value instanceof Blob);
  return !bytes && typeof value === "object" && value !== null && Symbol.asyncIterator in value;
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
  const pending: (() => Promise<void>)[] = [];

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

  function tree(path: string, read: Tree): Tree {
    const { tree: wrapped, fingerprint } = fingerprintTree(read);
    pending.push(async () => record(path, { kind: "tree", sha256: await fingerprint() }));
    return wrapped;
  }

  function source(path: string, from: ContainerSource): ContainerSource {
    return {
      kind: from.kind,
      async open(options) {
        const opened = await from.open(options);
        if (opened.revision) record(path, { kind: from.kind, sha256: hashText(formatState(opened.revision)) });
        else if (typeof opened.origin["docker_digest"] === "string")
          record(path, imageSource(from.kind, opened.origin));
        else if (opened.tree) return { ...opened, tree: tree(path, opened.tree) };
        else record(path, { kind: from.kind, sha256: hashText(canonicalJson(opened.origin)) });
        return opened;
      },
    };
  }

  return {
    container(name, spec) {
      const path = `containers/${name}`;
      const from = isSource(spec.from) ? source(path, spec.from) : tree(path, spec.from);
      return { ...spec, from, ...(spec.overlay ? { overlay: tree(`${path}/overlay`, spec.overlay) } : {}) };
    },
    bsp(spec) {
      const trees = (["modules", "firmware"] as const).flatMap((name) => {
        const value = spec[name];
        return isTree(value) ? [[name, tree(`bsp/${name}`, value)] as const] : [];
      });
      return { ...spec, ...Object.fromEntries(trees) };
    },
    async finish(revision) {
      for (const work of pending) await work();
      // Files of the board are objects as they are: their hash is in the state.
      for (const [key, value] of Object.entries(revision.state)) {
        const name = /^bsp\/([^/]+)$/.exec(key)?.[1];
        if (name !== undefined && typeof value === "string" && !name.endsWith(".squashfs"))
          record(`bsp/${name}`, { kind: "file", sha256: value });
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
