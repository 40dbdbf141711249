import { type Bytes, PvError } from "../../core/index.ts";
import { decompress } from "../../core/internal.ts";
import { createHasher } from "../../objects/index.ts";
import { mapTree, overlay, type Tree } from "../../tree/index.ts";
import { readLayerTar } from "../../tree/internal.ts";

/** One layer: opens its tar, compressed or not, from the start. */
export type OpenLayer = () => AsyncIterable<Bytes>;

/** Shields an iterator from being closed by a reader that stops early, so that the rest can still be checked. */
function unclosable(iterator: AsyncIterator<Bytes>): AsyncIterable<Bytes> {
  return { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) };
}

/**
 * A layer as a tree. A tar ends before its blob does (padding, trailing data): the rest is read as well, because the
 * check of the digest comes with the last byte.
 */
export function layerTree(open: OpenLayer): Tree {
  return {
    async *[Symbol.asyncIterator]() {
      const iterator = open()[Symbol.asyncIterator]();
      let whole = false;
      try {
        yield* readLayerTar(unclosable(iterator));
        while (!(await iterator.next()).done);
        whole = true;
      } finally {
        if (!whole) await iterator.return?.();
      }
    },
  };
}

/** Checks a layer's uncompressed bytes against its diff id while they pass; the bytes go on uncompressed. */
export function checkDiffId(open: OpenLayer, diffId: string): OpenLayer {
  return async function* () {
    const hasher = createHasher();
    for await (const bytes of decompress(open())) {
      hasher.update(bytes);
      yield bytes;
    }
    const actual = `sha256:${hasher.id()}`;
    if (actual !== diffId) {
      throw new PvError(
        "OCI_DIGEST_MISMATCH",
        `a layer is not what the image config says: ${actual} instead of ${diffId}`,
        { expected: diffId, actual },
      );
    }
  };
}

/** pvr takes every whiteout whose name ends in "opq" for the opaque marker, and drops one emulator. */
function asPvrReads(layer: Tree): Tree {
  return mapTree(layer, (entry) => {
    const slash = entry.path.lastIndexOf("/");
    const name = entry.path.slice(slash + 1);
    if (!name.startsWith(".wh.") || !name.endsWith("opq")) return entry;
    return { ...entry, path: `${entry.path.slice(0, slash + 1)}.wh..wh..opq` };
  });
}

const umask022 = 0o022;

/** Layers, lowest first, as the root file system that a container runtime would lay out. */
export function layersTree(layers: readonly OpenLayer[], compat?: "pvr-2023"): Tree {
  const trees = layers.map(layerTree);
  if (!compat) return overlay(...trees);
  const merged = mapTree(overlay(...trees.map(asPvrReads)), (entry) =>
    entry.path === "usr/bin/qemu-arm-static" ? undefined : entry,
  );
  // Where no layer names the root, pvr makes it with the umask for a mode.
  return {
    async *[Symbol.asyncIterator]() {
      let root = false;
      for await (const entry of merged) {
        root ||= entry.path === "";
        yield entry;
      }
      if (!root) yield { path: "", kind: "directory", mode: umask022, uid: 0, gid: 0, mtimeSeconds: 0 };
    },
  };
}
