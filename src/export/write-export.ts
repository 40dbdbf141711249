import type { ByteStream, Bytes, Job } from "../core/index.ts";
import { contentChunks, gzip, progressReporter, toStream, utf8 } from "../core/internal.ts";
import type { Revision } from "../revision/index.ts";
import { formatState, selectParts } from "../state/index.ts";
import { type FileEntry, type Tree, writeTar } from "../tree/index.ts";
import { readyObjects } from "./object-paths.ts";

/** How to write an export. */
export interface ExportOptions extends Job {
  /** Only some parts, `"web,-db"` as {@link selectParts} reads it. */
  parts?: string | undefined;
  /** False for a plain tar; gzip unless told. */
  gzip?: boolean | undefined;
}

/** Members have no time: the same revision gives the same archive. */
function member(path: string, mode: number, sizeBytes: number, open: () => ByteStream): FileEntry {
  return { kind: "file", path, mode, uid: 0, gid: 0, mtimeSeconds: 0, sizeBytes, open };
}

/**
 * A revision as `.pvrexport.tgz`, what `pvr import`, `pvtx add` and {@link readExport} take: a ustar with `json` first,
 * then `objects/<id>`, each once and sorted, no folders, no leading `./` (pvtx crashes on both). Same revision, same
 * bytes of the tar; those of gzip depend on the runtime's zlib.
 *
 * Before the first byte comes, all objects have been found; while they stream, they are checked against their ids.
 *
 * The stream fails with a `PvError`: `OBJECT_MISSING` (with the path) when the revision is partial,
 * `OBJECT_HASH_MISMATCH` when a stored object is damaged.
 *
 * @throws `PvError` `PART_UNKNOWN` when `parts` names a part that the revision has not.
 * @example
 * ```ts
 * import { composeState, device, memoryStore, readBytes, readExport, writeExport } from "@pv/sdk";
 * const revision = { state: composeState(device({})), objects: memoryStore() };
 * const archive = await readBytes(writeExport(revision));
 * const { state } = await readExport(archive);
 * if (state["device.json"] === undefined) throw new Error("lost");
 * ```
 */
export function writeExport(revision: Revision, options: ExportOptions = {}): ByteStream {
  const { state } = options.parts === undefined ? revision : selectParts(revision, options.parts);
  const { signal } = options;
  async function* members(): AsyncGenerator<FileEntry, void, void> {
    const objects = await readyObjects(state, revision.objects, signal);
    const json = utf8(formatState(state));
    const total = objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, json.length);
    const progress = progressReporter(options, { task: "export", subject: "export", unit: "bytes", total });
    async function* counted(content: Bytes | ByteStream): AsyncGenerator<Bytes, void, void> {
      for await (const bytes of contentChunks(content, { signal })) {
        progress.add(bytes.length);
        yield bytes;
      }
    }
    yield member("json", 0o600, json.length, () => toStream(counted(json)));
    for (const { id, sizeBytes, open } of objects)
      yield member(`objects/${id}`, 0o644, sizeBytes, () => toStream(counted(open())));
    progress.finish();
  }
  const tree: Tree = { [Symbol.asyncIterator]: members };
  const tar = writeTar(tree, { signal });
  return options.gzip === false ? tar : toStream(gzip(contentChunks(tar, { signal })));
}
