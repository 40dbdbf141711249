import { type Bytes, type JsonObject, type ObjectId, toHex, toStream } from "../../core/index.ts";
import { createHasher, sha256 } from "../../objects/index.ts";
import { canonicalJson } from "../../state/index.ts";
import type { FileEntry, Tree, TreeEntry } from "../../tree/index.ts";

/** A tree that is hashed while somebody reads it. */
export interface FingerprintedTree {
  /** The same entries. */
  tree: Tree;
  /** SHA-256 of all that the tree holds, whatever the order of its entries; asked once the tree was read. */
  fingerprint(): Promise<ObjectId>;
}

/** All of an entry but its content. */
function describe(entry: TreeEntry): JsonObject {
  const { path, kind, mode, uid, gid, mtimeSeconds, xattrs = {} } = entry;
  return {
    path,
    kind,
    mode,
    uid,
    gid,
    mtime: mtimeSeconds,
    xattrs: Object.fromEntries(Object.entries(xattrs).map(([name, value]) => [name, toHex(value)])),
    ...("target" in entry ? { target: entry.target } : {}),
    ...("major" in entry ? { device: [entry.major, entry.minor] } : {}),
  };
}

/** The content, hashed as it passes by; known with its last byte, since a reader may not ask for more. */
async function* hashed(entry: FileEntry, done: (id: ObjectId) => void): AsyncGenerator<Bytes, void, void> {
  const hasher = createHasher();
  let left = entry.sizeBytes;
  for await (const bytes of entry.open()) {
    hasher.update(bytes);
    left -= bytes.length;
    if (left === 0) done(hasher.id());
    yield bytes;
  }
}

const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** Wraps a tree so that reading it once gives its content to the reader and its hash to the lock. */
export function fingerprintTree(tree: Tree): FingerprintedTree {
  const lines = new Map<string, { described: JsonObject; content?: ObjectId; open?: FileEntry["open"] }>();
  return {
    tree: {
      async *[Symbol.asyncIterator]() {
        lines.clear();
        for await (const entry of tree) {
          const line: { described: JsonObject; content?: ObjectId; open?: FileEntry["open"] } = {
            described: describe(entry),
          };
          lines.set(entry.path, line);
          if (entry.kind !== "file") {
            yield entry;
            continue;
          }
          line.open = entry.open;
          if (entry.sizeBytes === 0) line.content = EMPTY;
          yield {
            ...entry,
            open: () =>
              toStream(
                hashed(entry, (id) => {
                  line.content = id;
                }),
              ),
          };
        }
      },
    },
    async fingerprint() {
      const hasher = createHasher();
      for (const [, { described, content, open }] of [...lines].sort(([a], [b]) => (a < b ? -1 : 1))) {
        const id = content ?? (open ? await sha256(open()) : undefined);
        hasher.update(
          new TextEncoder().encode(`${canonicalJson({ ...described, ...(id === undefined ? {} : { sha256: id }) })}\n`),
        );
      }
      return hasher.id();
    },
  };
}
